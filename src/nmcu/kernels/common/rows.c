#include "rows.h"

#include "pipeline.h"

typedef struct {
    const nmcu_rows_t *shape;
    nmcu_rows_fn *fn;
    const void *op;
    int whole; /* each core is given all rows of a tile */
} layer_t;

static uint32_t tile_rows(const nmcu_rows_t *shape, unsigned tile)
{
    const uint32_t left = shape->rows - tile * shape->tile_rows;
    return left < shape->tile_rows ? left : shape->tile_rows;
}

static uint32_t load(const void *layer, unsigned tile, unsigned core)
{
    const nmcu_rows_t *shape = ((const layer_t *)layer)->shape;
    uint32_t ticket = 0;

#if !NMCU_STAGED
    if (!shape->in_tile[0]) return 0;
#endif

    if (core == NMCU_CONSTANTS_CORE && tile == 0 && shape->constants)
        ticket = nmcu_dma_start_1d(shape->constants_copy, shape->constants, shape->constant_bytes);
    if (core == 0)
        ticket = nmcu_dma_start_1d(shape->in_tile[tile & 1],
                                   shape->input + tile * shape->tile_rows * shape->in_bytes,
                                   tile_rows(shape, tile) * shape->in_bytes);
    return ticket;
}

static uint32_t store(const void *layer, unsigned tile)
{
    const nmcu_rows_t *shape = ((const layer_t *)layer)->shape;
#if !NMCU_STAGED
    if (!shape->out_tile[0]) return 0;
#endif
    return nmcu_dma_start_1d(shape->output + tile * shape->tile_rows * shape->out_bytes,
                             shape->out_tile[tile & 1], tile_rows(shape, tile) * shape->out_bytes);
}

static void compute(const void *layer, unsigned tile, unsigned core)
{
    const layer_t *work = layer;
    const nmcu_rows_t *shape = work->shape;
    const unsigned cores = work->whole ? 1 : nmcu_core_count();
    const uint32_t rows = tile_rows(shape, tile);
    const uint32_t share = work->whole ? 0 : core;
    const uint32_t first = nmcu_share_first(rows, share, cores),
                   end = nmcu_share_first(rows, share + 1, cores);

#if !NMCU_STAGED
    if (!shape->in_tile[0]) {
        if (first < end)
            work->fn(work->op, shape->output + first * shape->out_bytes,
                     shape->input + first * shape->in_bytes, end - first, first);
        return;
    }
#endif
    if (first < end)
        work->fn(work->op, shape->out_tile[tile & 1] + first * shape->out_bytes,
                 shape->in_tile[tile & 1] + first * shape->in_bytes, end - first,
                 tile * shape->tile_rows + first);
}

static void run(const nmcu_rows_t *shape, nmcu_rows_fn *fn, const void *op, int whole)
{
    const nmcu_stages_t stages = {load, 0, compute, store};
    const layer_t layer = {shape, fn, op, whole};
    nmcu_pipeline_run_in_step(&stages, &layer, shape->tiles);
}

void nmcu_rows_run(const nmcu_rows_t *shape, nmcu_rows_fn *fn, const void *op)
{
    run(shape, fn, op, 0);
}

void nmcu_rows_run_whole(const nmcu_rows_t *shape, nmcu_rows_fn *fn, const void *op)
{
    run(shape, fn, op, 1);
}
