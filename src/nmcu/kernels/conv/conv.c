#include "conv.h"

#include "pipeline.h"

static void fill_jumps(const nmcu_conv_t *conv, int32_t *jumps)
{
    const nmcu_window_t *window = &conv->weighted.window;
    const int32_t run = conv->segment_words * 4;
    const int32_t row = window->slab_width * window->in_channels * window->dilation_height;
    const int32_t tap = window->dilation_width * window->in_channels;
    const int taps = conv->segments / window->kernel_height;
    int32_t at = 0;
    unsigned i = 0;

    for (unsigned y = 0; y < window->kernel_height; y++)
        for (int x = 0; x < taps; x++) {
            const int32_t start = (int32_t)y * row + x * tap;
            if (i > 0) jumps[i - 1] = start - at;
            at = start + run;
            i++;
        }
    jumps[i - 1] = -at;
}

/* The last groups' channels that do not exist are computed and dropped: their pixels are written here first. */
typedef struct {
    int8_t bytes[4][4];
} spill_t;

static void run_groups(const nmcu_conv_t *conv, nmcu_block_t *block, unsigned groups, unsigned channels,
                       unsigned pixels)
{
    const unsigned whole = channels / 4 < groups ? channels / 4 : groups;

    if (whole) {
        block->groups = whole;
        conv->block(block);
    }
    if (whole < groups) {
        const unsigned rest = channels - 4 * whole;
        int8_t *y[4];
        spill_t spill;
        for (unsigned p = 0; p < pixels; p++)
            y[p] = block->y[p] + 4 * whole;
        for (unsigned p = 0; p < 4; p++)
            block->y[p] = spill.bytes[p];
        block->weights += whole * conv->weighted.record_bytes;
        block->groups = 1;
        conv->block(block);
        for (unsigned p = 0; p < pixels; p++)
            for (unsigned c = 0; c < rest; c++)
                y[p][c] = spill.bytes[p][c];
    }
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_conv_t *conv = layer;
    const nmcu_window_t *window = &conv->weighted.window;
    const nmcu_tile_t tile = nmcu_window_tile(window, tile_index);
    const unsigned cores = nmcu_core_count();
    const unsigned width = conv->flat ? tile.rows * window->out_width : window->out_width;
    const unsigned rows = conv->flat ? 1 : tile.rows;
    const unsigned pixels = conv->pixels;
    const unsigned blocks = (width + pixels - 1) / pixels;
    const unsigned groups = (tile.channels + 3) / 4;
    const unsigned items = rows * blocks * groups;
    unsigned item = nmcu_share_first(items, core, cores);
    const unsigned end = nmcu_share_first(items, core + 1, cores);

    if (item == end) return;

    int32_t jumps[NMCU_CONV_MAX_SEGMENTS];
    nmcu_block_t block = {
        .segments = conv->segments,
        .segment_words = conv->segment_words,
        .jumps = jumps,
        .requant = conv->requant,
    };
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels * window->stride_height;
    const unsigned pixel_bytes = (unsigned)window->in_channels * window->stride_width;
    unsigned block_index = item / groups;
    unsigned group = item - block_index * groups;
    unsigned row = block_index / blocks;
    unsigned column = (block_index - row * blocks) * pixels;

    fill_jumps(conv, jumps);
    while (item < end) {
        const unsigned run = groups - group < end - item ? groups - group : end - item;
        const unsigned valid = width - column < pixels ? width - column : pixels;
        const int8_t *x = tile.slab + row * row_bytes + column * pixel_bytes;
        int8_t *y = tile.out + (row * width + column) * tile.channels + 4 * group;
        for (unsigned p = 0; p < pixels; p++) {
            block.x[p] = x;
            block.y[p] = y;
            if (p + 1 < valid) {
                x += pixel_bytes;
                y += tile.channels;
            }
        }
        block.weights = nmcu_weighted_records(&conv->weighted, &tile) + group * conv->weighted.record_bytes;
        run_groups(conv, &block, run, tile.channels - 4 * group, valid);
        item += run;
        group = 0;
        column += pixels;
        if (column >= width) {
            column = 0;
            row++;
        }
    }
}

void nmcu_conv_run(const nmcu_conv_t *layer)
{
    static const nmcu_stages_t stages = {nmcu_weighted_load, nmcu_window_pad, compute, nmcu_window_store};
    const nmcu_conv_t conv = *layer; /* one copy in L1: the original is in slow memory */
    nmcu_pipeline_run(&stages, &conv, nmcu_window_tiles(&conv.weighted.window));
}
