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

/* Channels that do not exist (in the last record) are computed and dropped: they go here first. */
static void run_records(const nmcu_records_t *records, nmcu_records_block_t *block, unsigned count,
                        unsigned channels)
{
    const unsigned fit = channels / records->record_channels;
    const unsigned whole = fit < count ? fit : count;

    if (whole) {
        block->records = whole;
        records->block(block);
    }
    if (whole < count) {
        int8_t spill[4];
        int8_t *y = block->y[0] + records->record_channels * whole;
        block->y[0] = spill;
        block->weights += whole * records->weighted.record_bytes;
        block->records = 1;
        records->block(block);
        for (unsigned c = 0; c < channels - records->record_channels * whole; c++)
            y[c] = spill[c];
    }
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_records_t *records = layer;
    const nmcu_window_t *window = &records->weighted.window;
    const nmcu_tile_t tile = nmcu_window_tile(window, tile_index);
    const unsigned cores = nmcu_core_count();
    const unsigned width = records->flat ? tile.rows * window->out_width : window->out_width;
    const unsigned rows = records->flat ? 1 : tile.rows;
    const unsigned pixels = records->pixels;
    const unsigned blocks = (width + pixels - 1) / pixels;
    const unsigned count = (tile.channels + records->record_channels - 1) / records->record_channels;
    const unsigned items = rows * blocks * count;
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels * window->stride_height;
    const unsigned pixel_bytes = (unsigned)window->in_channels * window->stride_width;
    unsigned item = nmcu_share_first(items, core, cores);
    const unsigned end = nmcu_share_first(items, core + 1, cores);
    unsigned index = item / count;
    unsigned record = item - index * count;
    unsigned row = index / blocks;
    unsigned column = (index - row * blocks) * pixels;
    nmcu_records_block_t block;

    block.steps = records->steps;
    block.m = records->m;
    block.requant = records->requant;
    while (item < end) {
        const unsigned run = count - record < end - item ? count - record : end - item;
        const unsigned second = pixels == 2 && column + 1 < width;
        const int8_t *x = tile.slab + row * row_bytes + column * pixel_bytes;
        int8_t *buffer = records->im2col + 2 * core * records->im2col_bytes;
        block.y[0] = tile.out + (row * width + column) * tile.channels + records->record_channels * record;
        block.y[1] = second ? block.y[0] + tile.channels : block.y[0];
        block.x[0] = x;
        block.x[1] = x;
        if (pixels == 2) {
            im2col(records, buffer, x);
            block.x[0] = block.x[1] = buffer;
        }
        if (second) {
            im2col(records, buffer + records->im2col_bytes, x + pixel_bytes);
            block.x[1] = buffer + records->im2col_bytes;
        }
        block.weights =
            nmcu_weighted_records(&records->weighted, &tile) + record * records->weighted.record_bytes;
        run_records(records, &block, run, tile.channels - records->record_channels * record);
        item += run;
        record = 0;
        column += pixels;
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
    if (records.pixels == 1)
        nmcu_pipeline_run_in_step(&stages, &records, nmcu_window_tiles(&records.weighted.window));
    else
        nmcu_pipeline_run(&stages, &records, nmcu_window_tiles(&records.weighted.window));
}
