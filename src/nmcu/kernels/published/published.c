#include "published.h"

#include "pipeline.h"

static uint32_t load(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_published_t *published = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&published->window, tile_index);
    const unsigned per_record = published->record_channels;
    uint32_t ticket = 0;

    if (core == 0)
        ticket = nmcu_window_load(&published->window, &tile);
    if (core == NMCU_CONSTANTS_CORE && tile.new_channels)
        ticket = nmcu_dma_start_1d(published->weight_tile[tile.channel_slot],
                                   published->weights + tile.first_channel / per_record * published->record_bytes,
                                   (tile.channels + per_record - 1) / per_record * published->record_bytes);
    return ticket;
}

static void prepare(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_published_t *published = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&published->window, tile_index);
    nmcu_window_pad(&published->window, &tile, core);
}

static uint32_t store(const void *layer, unsigned tile_index)
{
    const nmcu_published_t *published = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&published->window, tile_index);
    return nmcu_window_store(&published->window, &tile);
}

/* Copy one pixel's window to `to`, each tap filled up to whole blocks (with whatever follows it). */
static void im2col(const nmcu_published_t *published, int8_t *to, const int8_t *from)
{
    const nmcu_window_t *window = &published->window;
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels * window->dilation_height;
    const int whole_rows = window->dilation_width == 1 && published->tap_bytes == window->in_channels;
    const unsigned runs = whole_rows ? 1 : window->kernel_width;
    const unsigned run_bytes = published->tap_bytes * (whole_rows ? window->kernel_width : 1u);
    const unsigned step_bytes = (unsigned)window->in_channels * window->dilation_width;

    for (unsigned row = 0; row < window->kernel_height; row++, from += row_bytes)
        for (unsigned run = 0; run < runs; run++, to += run_bytes)
            nmcu_copy_words(to, from + run * step_bytes, (run_bytes + 3) / 4);
}

/* The channels that a record has too many (in the last pair) are computed and dropped: their pixels go here first. */
static void run_records(const nmcu_published_t *published, nmcu_published_block_t *block, unsigned records,
                        unsigned channels)
{
    const unsigned fit = channels / published->record_channels;
    const unsigned whole = fit < records ? fit : records;

    if (whole) {
        block->channels = whole;
        published->block(block);
    }
    if (whole < records) {
        int8_t spill[2];
        int8_t *y = block->y[0] + published->record_channels * whole;
        block->y[0] = spill;
        block->weights += whole * published->record_bytes;
        block->channels = 1;
        published->block(block);
        *y = spill[0];
    }
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_published_t *published = layer;
    const nmcu_window_t *window = &published->window;
    const nmcu_tile_t tile = nmcu_window_tile(window, tile_index);
    const unsigned cores = nmcu_core_count();
    const unsigned width = published->flat ? tile.rows * window->out_width : window->out_width;
    const unsigned rows = published->flat ? 1 : tile.rows;
    const unsigned pixels = published->pixels;
    const unsigned blocks = (width + pixels - 1) / pixels;
    const unsigned records = (tile.channels + published->record_channels - 1) / published->record_channels;
    const unsigned items = rows * blocks * records;
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels * window->stride_height;
    const unsigned pixel_bytes = (unsigned)window->in_channels * window->stride_width;
    unsigned item = nmcu_share_first(items, core, cores);
    const unsigned end = nmcu_share_first(items, core + 1, cores);
    unsigned index = item / records;
    unsigned record = item - index * records;
    unsigned row = index / blocks;
    unsigned column = (index - row * blocks) * pixels;
    nmcu_published_block_t block;

    block.steps = published->steps;
    block.m = published->m;
    block.requant = published->requant;
    while (item < end) {
        const unsigned run = records - record < end - item ? records - record : end - item;
        const unsigned second = pixels == 2 && column + 1 < width;
        const int8_t *x = tile.slab + row * row_bytes + column * pixel_bytes;
        int8_t *buffer = published->im2col + 2 * core * published->im2col_bytes;
        block.y[0] = tile.out + (row * width + column) * tile.channels + published->record_channels * record;
        block.y[1] = second ? block.y[0] + tile.channels : block.y[0];
        block.x[0] = x;
        block.x[1] = x;
        if (pixels == 2) {
            im2col(published, buffer, x);
            block.x[0] = block.x[1] = buffer;
        }
        if (second) {
            im2col(published, buffer + published->im2col_bytes, x + pixel_bytes);
            block.x[1] = buffer + published->im2col_bytes;
        }
        block.weights = (const uint8_t *)published->weight_tile[tile.channel_slot] + record * published->record_bytes;
        run_records(published, &block, run, tile.channels - published->record_channels * record);
        item += run;
        record = 0;
        column += pixels;
        if (column >= width) {
            column = 0;
            row++;
        }
    }
}

void nmcu_published_run(const nmcu_published_t *layer)
{
    static const nmcu_stages_t stages = {load, prepare, compute, store};
    const nmcu_published_t published = *layer; /* one copy in L1: the original is in slow memory */
    nmcu_pipeline_run(&stages, &published, nmcu_window_tiles(&published.window));
}
