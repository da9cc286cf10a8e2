#include "records.h"

#include "pipeline.h"

/* Copy one pixel's window to `to`, each tap filled up to whole blocks (with whatever follows it). */
static void im2col(const nmcu_records_t *records, int8_t *to, const int8_t *from)
{
    const nmcu_window_t *window = &records->weighted.window;
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels * window->dilation_height;
    const int whole_rows = window->dilation_width == 1 && records->tap_bytes == window->in_channels;
    const unsigned runs = whole_rows ? 1 : window->kernel_width;
    const unsigned run_bytes = records->tap_bytes * (whole_rows ? window->kernel_width : 1u);
    const unsigned step_bytes = (unsigned)window->in_channels * window->dilation_width;

    for (unsigned row = 0; row < window->kernel_height; row++, from += row_bytes)
        for (unsigned run = 0; run < runs; run++, to += run_bytes)
            nmcu_copy_words(to, from + run * step_bytes, (run_bytes + 3) / 4);
}

/* Pairs of pixels: items are their records, the last pair of a row may be a single pixel. */
static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_records_t *records = layer;
    const nmcu_window_t *window = &records->weighted.window;
    const nmcu_tile_t tile = nmcu_window_tile(window, tile_index);
    const unsigned cores = nmcu_core_count();
    const unsigned width = records->flat ? tile.rows * window->out_width : window->out_width;
    const unsigned rows = records->flat ? 1 : tile.rows;
    const unsigned blocks = (width + 1) / 2;
    const unsigned count = tile.channels;
    const unsigned items = rows * blocks * count;
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels * window->stride_height;
    const unsigned pixel_bytes = (unsigned)window->in_channels * window->stride_width;
    unsigned item = nmcu_share_first(items, core, cores);
    const unsigned end = nmcu_share_first(items, core + 1, cores);
    unsigned index = item / count;
    unsigned record = item - index * count;
    unsigned row = index / blocks;
    unsigned column = 2 * (index - row * blocks);
    int8_t *buffer = records->im2col + 2 * core * records->im2col_bytes;
    nmcu_records_block_t block;

    block.steps = records->steps;
    block.m = records->m;
    block.requant = records->requant;
    while (item < end) {
        const unsigned run = count - record < end - item ? count - record : end - item;
        const unsigned second = column + 1 < width;
        const int8_t *x = tile.slab + row * row_bytes + column * pixel_bytes;
        block.y[0] = tile.out + (row * width + column) * tile.channels + record;
        block.y[1] = second ? block.y[0] + tile.channels : block.y[0];
        im2col(records, buffer, x);
        block.x[0] = block.x[1] = buffer;
        if (second) {
            im2col(records, buffer + records->im2col_bytes, x + pixel_bytes);
            block.x[1] = buffer + records->im2col_bytes;
        }
        block.weights =
            nmcu_weighted_records(&records->weighted, &tile) + record * records->weighted.record_bytes;
        block.records = run;
        records->block(&block);
        item += run;
        record = 0;
        column += 2;
        if (column >= width) {
            column = 0;
            row++;
        }
    }
}

void nmcu_records_run(const nmcu_records_t *layer)
{
    static const nmcu_stages_t stages = {nmcu_weighted_load, nmcu_window_pad, compute, nmcu_window_store};
    const nmcu_records_t records = *layer; /* one copy in L1: the original is in slow memory */
    nmcu_pipeline_run(&stages, &records, nmcu_window_tiles(&records.weighted.window));
}
