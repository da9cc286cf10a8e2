#include "elementwise.h"

#include <string.h>

#include "arithmetic.h"
#include "pipeline.h"

#define PIECE 64 /* bytes of a repeated value at a time */

typedef struct {
    const nmcu_elementwise_t *map;
    const void *op;
} layer_t;

static uint32_t load_operand(const nmcu_elementwise_t *map, const nmcu_operand_t *operand, unsigned tile)
{
    const uint32_t first = tile * map->chunk;

    if (!operand->tile[0]) return 0;
    if (operand->bytes == 0)
        return nmcu_dma_start_1d(operand->tile[tile & 1], operand->data + first,
                                 nmcu_min(map->chunk, map->bytes - first));
    if (tile > 0) return 0;
    return nmcu_dma_start_1d(operand->tile[0], operand->data, operand->bytes);
}

/* Chunk number `tile` in its buffer, or where there is none at its place. */
#define CHUNK(map, buffers, tile, place) \
    ((buffers)[0] ? (buffers)[(tile) & 1] : (place) + (tile) * (map)->chunk)

static uint32_t load(const void *layer, unsigned tile, unsigned core)
{
    const nmcu_elementwise_t *map = ((const layer_t *)layer)->map;
    uint32_t ticket = 0;

    if (core == NMCU_CONSTANTS_CORE) {
        if (tile == 0 && map->constants)
            ticket = nmcu_dma_start_1d(map->constants_copy, map->constants, map->constant_bytes);
        if (map->operands > 1) {
            const uint32_t second = load_operand(map, &map->operand[1], tile);
            if (second) ticket = second;
        }
    }
    if (core == 0) {
        const uint32_t first = load_operand(map, &map->operand[0], tile);
        if (first) ticket = first;
    }
    return ticket;
}

static uint32_t store(const void *layer, unsigned tile)
{
    const nmcu_elementwise_t *map = ((const layer_t *)layer)->map;
    const uint32_t first = tile * map->chunk;

    if (!map->out_tile[0]) return 0;
    return nmcu_dma_start_1d(map->output + first, map->out_tile[tile & 1],
                             nmcu_min(map->chunk, map->bytes - first));
}

/* `bytes` bytes, where those behind must not be written. */
static void run_exact(const layer_t *layer, int8_t *y, const int8_t *a, const int8_t *b, uint32_t bytes)
{
    const uint32_t words = bytes / 4, rest = bytes % 4;

    if (words) layer->map->fn(layer->op, y, a, b, words);
    if (rest) {
        int8_t last_a[4] = {0}, last_b[4] = {0}, last_y[4];
        memcpy(last_a, a + 4 * words, rest);
        if (b) memcpy(last_b, b + 4 * words, rest);
        layer->map->fn(layer->op, last_y, last_a, last_b, 1);
        memcpy(y + 4 * words, last_y, rest);
    }
}

/* A walk over the output's bytes in rows of the innermost axis. */
typedef struct {
    uint32_t index[NMCU_ELEMENTWISE_AXES];
} walk_t;

static walk_t walk_from(const nmcu_elementwise_t *map, uint32_t byte)
{
    walk_t walk;
    for (unsigned axis = NMCU_ELEMENTWISE_AXES; axis-- > 0;) {
        const uint32_t rest = byte / map->size[axis];
        walk.index[axis] = byte - rest * map->size[axis];
        byte = rest;
    }
    return walk;
}

static void walk_to_next_row(const nmcu_elementwise_t *map, walk_t *walk)
{
    walk->index[NMCU_ELEMENTWISE_AXES - 1] = 0;
    for (unsigned axis = NMCU_ELEMENTWISE_AXES - 1; axis-- > 0;) {
        if (++walk->index[axis] < map->size[axis]) return;
        walk->index[axis] = 0;
    }
}

static const int8_t *broadcast_at(const nmcu_operand_t *operand, const walk_t *walk)
{
    const int8_t *at = operand->tile[0] ? operand->tile[0] : operand->data;
    for (unsigned axis = 0; axis < NMCU_ELEMENTWISE_AXES; axis++)
        at += (int32_t)walk->index[axis] * operand->stride[axis];
    return at;
}

/* Bytes [at, end) of tile `tile`, row by row. */
static void run_broadcast(const layer_t *layer, unsigned tile, uint32_t at, uint32_t end)
{
    const nmcu_elementwise_t *map = layer->map;
    const uint32_t width = map->size[NMCU_ELEMENTWISE_AXES - 1];
    walk_t walk = walk_from(map, tile * map->chunk + at);

    while (at < end) {
        const uint32_t row_end = at + nmcu_min(width - walk.index[NMCU_ELEMENTWISE_AXES - 1], end - at);
        int8_t repeated[2][PIECE];
        const int8_t *from[2] = {0, 0};
        uint32_t step[2] = {1, 1}, piece = row_end - at;
        for (unsigned i = 0; i < map->operands; i++) {
            const nmcu_operand_t *operand = &map->operand[i];
            if (operand->bytes == 0) {
                from[i] = CHUNK(map, operand->tile, tile, operand->data) + at;
                continue;
            }
            from[i] = broadcast_at(operand, &walk);
            if (operand->stride[NMCU_ELEMENTWISE_AXES - 1] == 0) {
                memset(repeated[i], *from[i], PIECE);
                from[i] = repeated[i];
                step[i] = 0;
                piece = nmcu_min(piece, PIECE);
            }
        }
        for (uint32_t done = 0; at < row_end; done += piece, at += piece)
            run_exact(layer, CHUNK(map, map->out_tile, tile, map->output) + at, from[0] + done * step[0],
                      from[1] ? from[1] + done * step[1] : from[1], nmcu_min(piece, row_end - at));
        at = row_end;
        walk_to_next_row(map, &walk);
    }
}

/* Words of a core's share. Shares of 4n + 2 words start the cores of a cluster in different banks of L1. */
static uint32_t share_words(uint32_t words, unsigned cores)
{
    const uint32_t share = (words + cores - 1) / cores;
    return share < 16 ? share : share + ((2 - share) & 3);
}

static void compute(const void *layer, unsigned tile, unsigned core)
{
    const nmcu_elementwise_t *map = ((const layer_t *)layer)->map;
    const void *op = ((const layer_t *)layer)->op;
    const uint32_t bytes = nmcu_min(map->chunk, map->bytes - tile * map->chunk);
    const uint32_t words = (bytes + 3) / 4, share = share_words(words, nmcu_core_count());
    const uint32_t first = core * share, end = nmcu_min(first + share, words);

    if (first >= end) return;
    if (map->operand[0].bytes || map->operand[1].bytes)
        run_broadcast(layer, tile, 4 * first, nmcu_min(4 * end, bytes));
    else
        map->fn(op, CHUNK(map, map->out_tile, tile, map->output) + 4 * first,
                CHUNK(map, map->operand[0].tile, tile, map->operand[0].data) + 4 * first,
                map->operands > 1 ? CHUNK(map, map->operand[1].tile, tile, map->operand[1].data) + 4 * first
                                  : 0,
                end - first);
}

void nmcu_elementwise_run(const nmcu_elementwise_t *map, const void *op)
{
    nmcu_stages_t stages; /* not constant: that would be in slow memory */
    const layer_t layer = {map, op};
    stages.load = load;
    stages.prepare = 0;
    stages.compute = compute;
    stages.store = store;
    nmcu_pipeline_run_in_step(&stages, &layer, map->chunks);
}
