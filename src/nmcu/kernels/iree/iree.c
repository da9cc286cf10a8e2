#include "iree.h"

#include <string.h>

#define PIECE_BYTES 256u /* of a fill or copy: what is shared out to the cores */

/* No code of IREE's asks for more of its environment: constants of the library, and functions that it imports. */
static const uint32_t environment[16];

void nmcu_iree_run(const nmcu_iree_t *layer)
{
    if (layer->constant_bytes) {
        if (nmcu_core_id() == 0)
            nmcu_dma_wait(nmcu_dma_start_1d(layer->buffers[0], layer->constants, layer->constant_bytes));
        nmcu_barrier();
    }
    if (layer->slices) {
        nmcu_iree_t own = *layer;
        for (uint32_t i = 0; i < NMCU_IREE_BUFFERS; i++)
            own.buffers[i] += nmcu_core_id() * layer->strides[i];
        own.run(&own);
    } else {
        layer->run(layer);
    }
    nmcu_barrier();
}

void nmcu_iree_step(const nmcu_iree_t *layer, uint32_t number)
{
    if (number > 1 && !layer->slices) nmcu_barrier();
#ifndef NMCU_LIBRARY /* where nobody counts */
    nmcu_region(NMCU_REGION_PART | number);
#endif
}

/* How many cores share out a command, and the first of its pieces that the calling core takes, where core `next` takes
 * piece 0. */
static uint32_t team(const nmcu_iree_t *layer)
{
    return layer->slices ? 1 : nmcu_core_count();
}

static uint32_t first_piece(const nmcu_iree_t *layer, uint32_t next)
{
    const uint32_t core = nmcu_core_id();

    if (layer->slices) return 0;
    return core >= next ? core - next : core + nmcu_core_count() - next;
}

static uint32_t next_after(const nmcu_iree_t *layer, uint32_t next, uint32_t pieces)
{
    return (next + pieces) % team(layer);
}

uint32_t nmcu_iree_call(const nmcu_iree_t *layer, const nmcu_iree_call_t *call, uint32_t next)
{
    const uint32_t core = nmcu_core_id(), cores = team(layer);
    const uint32_t x = call->count_x, y = call->count_y, count = x * y * call->count_z;
    void *pointers[NMCU_IREE_BINDINGS];
    size_t lengths[NMCU_IREE_BINDINGS];

    for (uint32_t i = 0; i < call->bindings; i++) {
        pointers[i] = layer->buffers[call->ranges[i].buffer] + call->ranges[i].offset;
        lengths[i] = call->ranges[i].bytes;
    }
    const nmcu_iree_dispatch_t dispatch = {
        .workgroup_size_x = 1,
        .workgroup_size_y = 1,
        .workgroup_size_z = 1,
        .constant_count = call->constants,
        .workgroup_count_x = x,
        .workgroup_count_y = y,
        .workgroup_count_z = call->count_z,
        .max_concurrency = (uint8_t)cores,
        .binding_count = call->bindings,
        .constants = call->values,
        .binding_pointers = pointers,
        .binding_lengths = lengths,
    };
    for (uint32_t id = first_piece(layer, next); id < count; id += cores) {
        const nmcu_iree_workgroup_t workgroup = {
            .workgroup_id_x = id % x,
            .workgroup_id_y = id / x % y,
            .workgroup_id_z = (uint16_t)(id / x / y),
            .processor_id = core,
            .local_memory = layer->local + core * layer->local_bytes,
            .local_memory_size = layer->local_bytes,
        };
        (void)call->function(environment, &dispatch, &workgroup);
    }
    return next_after(layer, next, count);
}

/* `pattern` is four bytes; where it repeats a shorter one, `target` need not end with a whole one. */
uint32_t nmcu_iree_fill(const nmcu_iree_t *layer, nmcu_iree_range_t target, uint32_t pattern, uint32_t next)
{
    int8_t *const to = layer->buffers[target.buffer] + target.offset;
    const uint32_t pieces = (target.bytes + PIECE_BYTES - 1) / PIECE_BYTES;

    for (uint32_t piece = first_piece(layer, next); piece < pieces; piece += team(layer)) {
        const uint32_t start = piece * PIECE_BYTES, left = target.bytes - start;
        const uint32_t bytes = left < PIECE_BYTES ? left : PIECE_BYTES;
        if (pattern == (pattern & 0xFFu) * 0x01010101u) {
            memset(to + start, (int)(pattern & 0xFFu), bytes);
        } else {
            for (uint32_t at = 0; at < bytes; at++)
                to[start + at] = (int8_t)(pattern >> 8 * (at & 3));
        }
    }
    return next_after(layer, next, pieces);
}

uint32_t nmcu_iree_copy(const nmcu_iree_t *layer, nmcu_iree_range_t source, nmcu_iree_range_t target,
                        uint32_t next)
{
    const int8_t *const from = layer->buffers[source.buffer] + source.offset;
    int8_t *const to = layer->buffers[target.buffer] + target.offset;
    const uint32_t pieces = (target.bytes + PIECE_BYTES - 1) / PIECE_BYTES;

    for (uint32_t piece = first_piece(layer, next); piece < pieces; piece += team(layer)) {
        const uint32_t start = piece * PIECE_BYTES, left = target.bytes - start;
        memcpy(to + start, from + start, left < PIECE_BYTES ? left : PIECE_BYTES);
    }
    return next_after(layer, next, pieces);
}
