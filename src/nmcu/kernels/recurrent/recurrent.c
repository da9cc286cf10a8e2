#include "recurrent.h"

#include "layer.h"
#include "pipeline.h"

static uint32_t load_matrix(const nmcu_matrix_t *matrix, unsigned slot, unsigned first, unsigned quads,
                            unsigned core)
{
#if !NMCU_STAGED
    if (!matrix->tile[0]) return 0;
#endif
    return nmcu_bring_constants(matrix->tile[slot], matrix->records + first * matrix->quad_bytes,
                                quads * matrix->quad_bytes, core);
}

/* Which step and which of its tiles a tile is. */
typedef struct {
    unsigned step, first, quads, slot;
    int begins, ends; /* its step */
} part_t;

static part_t part(const nmcu_recurrent_t *layer, unsigned tile)
{
    const unsigned step = layer->tiles == 1 ? tile : tile / layer->tiles;
    const unsigned index = tile - step * layer->tiles;
    const unsigned first = index * layer->tile_quads;
    const unsigned left = layer->quads - first;
    const part_t found = {
        .step = step,
        .first = first,
        .quads = left < layer->tile_quads ? left : layer->tile_quads,
        .slot = layer->tiles == 1 ? 0 : tile & 1,
        .begins = index == 0,
        .ends = index + 1 == layer->tiles,
    };
    return found;
}

static unsigned row_of(const nmcu_recurrent_t *layer, unsigned step)
{
    return layer->reverse ? layer->steps - 1 - step : step;
}

static uint32_t load(const void *descriptor, unsigned tile, unsigned core)
{
    const nmcu_recurrent_t *layer = descriptor;
    const part_t at = part(layer, tile);
    uint32_t ticket = 0;

    if (core == 0) {
        if (tile == 0) {
            if (layer->hidden) nmcu_dma_start_1d(layer->hidden_tile[0], layer->hidden, layer->outputs);
            if (layer->cell) nmcu_dma_start_1d(layer->state, layer->cell, layer->cells * 2u);
        }
        if (at.begins)
            ticket = nmcu_dma_start_1d(layer->x_tile[at.step & 1],
                                       layer->x + row_of(layer, at.step) * layer->inputs, layer->inputs);
    }
    if (nmcu_brings_constants(core)) {
        uint32_t last = 0;
        if (tile == 0) {
            if (layer->inner.records) last = load_matrix(&layer->inner, 0, 0, layer->inner_quads, core);
            if (layer->constants && core == NMCU_CONSTANTS_CORE)
                last = nmcu_dma_start_1d(layer->constants_copy, layer->constants, layer->constant_bytes);
        }
        if (tile == 0 || layer->tiles > 1) {
            last = load_matrix(&layer->input, at.slot, at.first, at.quads, core);
            if (layer->recurrent.records)
                last = load_matrix(&layer->recurrent, at.slot, at.first, at.quads, core);
        }
        if (last) ticket = last;
    }
    return ticket;
}

static uint32_t store(const void *descriptor, unsigned tile)
{
    const nmcu_recurrent_t *layer = descriptor;
    const part_t at = part(layer, tile);
    const int8_t *hidden = layer->hidden_tile[(at.step + 1) & 1];

    if (!at.ends) return 0;
    if (at.step + 1 == layer->steps) {
        if (layer->hidden) nmcu_dma_start_1d(layer->hidden_after, hidden, layer->outputs);
        if (layer->cell) nmcu_dma_start_1d(layer->cell_after, layer->state, layer->cells * 2u);
    }
    return nmcu_dma_start_1d(layer->y + row_of(layer, at.step) * layer->outputs, hidden, layer->outputs);
}

void nmcu_matrix_run(const nmcu_matrix_t *matrix, const uint8_t *records, const int8_t *x, int16_t *y,
                     unsigned quads, int32_t keep, unsigned core)
{
    const unsigned cores = nmcu_core_count();
    const unsigned first = nmcu_share_first(quads, core, cores);
    const nmcu_rows_block_t block = {
        .x = x,
        .y = y + 4 * first,
        .records = records + first * matrix->quad_bytes,
        .quads = nmcu_share_first(quads, core + 1, cores) - first,
        .steps = matrix->steps,
        .keep = keep,
    };
    if (block.quads) matrix->rows(&block);
}

static void compute(const void *descriptor, unsigned tile, unsigned core)
{
    const nmcu_recurrent_t *layer = descriptor;
    const part_t at = part(layer, tile);
    const int8_t *before = layer->hidden_tile[at.step & 1];
    int16_t *gates = layer->gates + 4 * at.first;
    int16_t *behind = gates + (layer->apart ? 4 * layer->quads : 0);

    if (tile == 0 && layer->begin) layer->begin(layer, core);
    nmcu_matrix_run(&layer->input, nmcu_matrix_records(&layer->input, at.slot, at.first),
                    layer->x_tile[at.step & 1], gates, at.quads, 0, core);
    if (layer->recurrent.records)
        nmcu_matrix_run(&layer->recurrent, nmcu_matrix_records(&layer->recurrent, at.slot, at.first), before,
                        behind, at.quads, layer->apart ? 0 : -1, core);
    if (at.ends) {
        nmcu_barrier();
        layer->step(layer, before, layer->hidden_tile[(at.step + 1) & 1], core);
    }
}

void nmcu_recurrent_run(const nmcu_recurrent_t *layer)
{
    static const nmcu_stages_t stages = {load, 0, compute, store};
    nmcu_recurrent_t *copy = layer->copy;

    NMCU_LAYER_FETCH(nmcu_recurrent_t, copy, layer);
    /* products are short: cores that start one after the other would wait longer than for each other's banks */
    nmcu_pipeline_run_in_step(&stages, copy, (unsigned)copy->steps * copy->tiles);
}
