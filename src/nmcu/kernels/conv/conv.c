#include "conv.h"

#include "arithmetic.h"
#include "layer.h"
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

#define SPILL_PIXELS 64

/* What a core needs to know of the tile it works on. */
typedef struct {
    const nmcu_conv_t *conv;
    nmcu_tile_t tile;
    unsigned window_step; /* from a pixel's window to the next one's */
    int by_groups;        /* cores share the groups, each with all pixels, the last one of which is a block */
    nmcu_block_t block;
} work_t;

/* Pixels in a row by groups of channels: the first pixel's window and first output, the first group's weights, and how
 * many channels of the tile there are from there on. */
typedef struct {
    const int8_t *x;
    int8_t *y;
    const uint8_t *weights;
    unsigned pixels, groups, channels;
} part_t;

/* Whole blocks, or one that is not: its missing pixels are its last one again. */
static void run_blocks(work_t *work, const part_t *part, int8_t *y, unsigned y_pitch)
{
    const unsigned pixels = work->conv->pixels;
    nmcu_block_t *block = &work->block;
    const int8_t *x = part->x;

    for (unsigned p = 0; p < pixels; p++) {
        block->x[p] = x;
        if (p + 1 < part->pixels) x += work->window_step;
    }
    block->y = y;
    block->y_pitch = y_pitch;
    block->weights = part->weights;
    block->groups = part->groups;
    block->single = work->by_groups && part->pixels == 1;
    block->blocks = pixels == 1 ? part->pixels : part->pixels < pixels ? 1 : part->pixels / pixels;
    work->conv->block(block);
}

/* Copy `channels` bytes of each of `pixels` pixels, which are so many bytes apart. */
static void copy(int8_t *to, unsigned to_pitch, const int8_t *from, unsigned from_pitch, unsigned pixels,
                 unsigned channels)
{
    for (; pixels; pixels--, to += to_pitch, from += from_pitch)
        for (unsigned c = 0; c < channels; c++)
            to[c] = from[c];
}

/* Results that do not all exist, because the row or the last group of channels ends: all are computed beside the
 * output, those that exist copied. */
static void run_spilled(work_t *work, const part_t *part)
{
    const unsigned per_block = work->conv->pixels, pitch = work->tile.channels;
    const intptr_t residual = work->block.residual;
    int8_t spill[2][SPILL_PIXELS][4]; /* outputs, residuals */
    part_t now = *part;

    work->block.residual = sizeof spill[0];

    now.groups = 1;
    for (unsigned g = 0; g < part->groups; g++) {
        const unsigned channels = nmcu_min(part->channels - 4 * g, 4);
        int8_t *y = part->y + 4 * g;
        unsigned left = part->pixels;
        now.x = part->x;
        while (left) {
            now.pixels = left < per_block ? left : nmcu_min(left & ~(per_block - 1), SPILL_PIXELS);
            if (work->block.add)
                copy(spill[1][0], 4, (const int8_t *)((intptr_t)y + residual), pitch, now.pixels, channels);
            run_blocks(work, &now, spill[0][0], 4);
            copy(y, pitch, spill[0][0], 4, now.pixels, channels);
            y += now.pixels * pitch;
            now.x += now.pixels * work->window_step;
            left -= now.pixels;
        }
        now.weights += work->conv->weighted.record_bytes;
    }
    work->block.residual = residual;
}

/* `ahead`: whether there are windows before the part whose results may be computed again. */
static void run_part(work_t *work, const part_t *part, int ahead)
{
    const unsigned per_block = work->conv->pixels, pitch = work->tile.channels;
    const unsigned rest = part->pixels & (per_block - 1);
    part_t now = *part;

    now.groups = nmcu_min(part->channels / 4, part->groups);
    if (now.groups) {
        const int whole = work->conv->whole_blocks && !work->by_groups;
        now.pixels += rest && whole ? per_block - rest : 0u - rest;
        if (now.pixels) run_blocks(work, &now, now.y, pitch);
        if (!rest || whole) {
            /* nothing is left */
        } else if (work->by_groups) {
            now.x += (int)(now.pixels * work->window_step);
            now.y += (int)(now.pixels * pitch);
            now.pixels = 1;
            run_blocks(work, &now, now.y, pitch);
        } else if (now.pixels || ahead) {
            const unsigned first = part->pixels - per_block;
            now.x += (int)(first * work->window_step);
            now.y += (int)(first * pitch);
            now.pixels = per_block;
            run_blocks(work, &now, now.y, pitch);
        } else {
            now.pixels = rest;
            run_spilled(work, &now);
        }
    }
    if (now.groups < part->groups) {
        part_t last = *part;
        last.y += 4 * now.groups;
        last.weights += now.groups * work->conv->weighted.record_bytes;
        last.channels -= 4 * now.groups;
        last.groups = 1;
        run_spilled(work, &last);
    }
}

/* Copy the windows of `pixels` pixels from the tile's pixel `first` on, over row ends, and return where they are. */
static const int8_t *copy_windows(const work_t *work, unsigned core, unsigned first, unsigned pixels)
{
    const nmcu_conv_t *conv = work->conv;
    const nmcu_window_t *window = &conv->weighted.window;
    const unsigned slab_row = (unsigned)window->slab_width * window->in_channels;
    const unsigned step = (unsigned)window->in_channels * window->stride_width;
    const unsigned run = (unsigned)window->kernel_width * window->in_channels;
    int8_t *const to = conv->windows + core * conv->copied_blocks * conv->pixels * conv->window_bytes;
    unsigned row = first / window->out_width;
    unsigned column = first - row * window->out_width;
    nmcu_windows_t windows = {
        .from_step = step,
        .to = to,
        .to_step = conv->window_bytes,
        .runs = window->kernel_height,
        .run_bytes = run,
        .run_words = (run + 3) / 4,
        .row_bytes = slab_row * window->dilation_height,
    };

    while (pixels) {
        windows.pixels = nmcu_min(pixels, window->out_width - column);
        windows.from = work->tile.slab + row * slab_row * window->stride_height + column * step;
        nmcu_copy_windows(&windows);
        windows.to += windows.pixels * conv->window_bytes;
        pixels -= windows.pixels;
        column = 0;
        row++;
    }
    return to;
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_conv_t *conv = layer;
    const nmcu_window_t *window = &conv->weighted.window;
    work_t work; /* member by member: not all are set to zero first */
    const nmcu_tile_t *tile = &work.tile;
    const unsigned cores = nmcu_core_count();

    work.conv = conv;
    work.tile = nmcu_window_tile(window, tile_index);

    const int one_row = conv->flat || conv->windows; /* pixels follow one another over row ends */
    const unsigned width = one_row ? tile->rows * window->out_width : window->out_width;
    const unsigned rows = one_row ? 1 : tile->rows;
    const unsigned groups = (tile->channels + 3) / 4;
    /* A block of one pixel takes less time than the others. */
    work.by_groups = conv->whole_blocks && !conv->windows && conv->segments == 1 && conv->pixels == 4 &&
                     width > 4 && (width & 3) == 1 && groups % cores == 0;
    const unsigned pixels = work.by_groups ? width : conv->pixels;
    const unsigned blocks = (width + pixels - 1) / pixels;
    const unsigned items = rows * blocks * groups;
    unsigned item = nmcu_share_first(items, core, cores);
    const unsigned end = nmcu_share_first(items, core + 1, cores);

    if (item == end) return;

    int32_t jumps[NMCU_CONV_MAX_SEGMENTS];
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels * window->stride_height;
    const unsigned pixel_bytes = (unsigned)window->in_channels * window->stride_width;
    const uint8_t *records = nmcu_weighted_records(&conv->weighted, tile);
    const int8_t *residual = nmcu_weighted_residual(&conv->weighted, tile, tile_index);
    unsigned block_index = item / groups;
    unsigned group = item - block_index * groups;
    unsigned row = block_index / blocks;
    unsigned block = block_index - row * blocks;

    if (conv->windows)
        jumps[0] = -4 * conv->segment_words;
    else
        fill_jumps(conv, jumps);
    work.window_step = conv->windows ? conv->window_bytes : pixel_bytes;
    work.block.x_step = conv->pixels * work.window_step;
    work.block.segments = conv->segments;
    work.block.segment_words = conv->segment_words;
    work.block.jumps = jumps;
    work.block.requant = conv->requant;
    work.block.add = residual ? &conv->add : 0;
    work.block.residual = (intptr_t)residual - (intptr_t)tile->out;
    work.block.table = conv->weighted.table;
    const int grouped = conv->depth != window->in_channels;
    while (item < end) {
        const unsigned column = block * pixels;
        unsigned run = nmcu_min(groups - group, end - item), count = 1, channel = 0;
        if (grouped) {
            const unsigned record = tile->first_channel / 4 + group;
            const unsigned of_group = record / conv->group_records;
            run = nmcu_min(run, (of_group + 1) * conv->group_records - record);
            channel = of_group * conv->depth;
        } else if (run == groups) {
            count = nmcu_min((end - item) / groups, blocks - block);
            if (conv->windows) count = nmcu_min(count, conv->copied_blocks);
        }
        part_t part = {
            .y = tile->out + (row * width + column) * tile->channels + 4 * group,
            .weights = records + group * conv->weighted.record_bytes,
            .pixels = nmcu_min(count * pixels, width - column),
            .groups = run,
            .channels = tile->channels - 4 * group,
        };
        part.x = conv->windows ? copy_windows(&work, core, column, part.pixels)
                               : tile->slab + row * row_bytes + column * pixel_bytes + channel;
        run_part(&work, &part, block && !conv->windows);
        item += count * run;
        group += run;
        if (group < groups) continue;
        group = 0;
        block += count;
        if (block == blocks) {
            block = 0;
            row++;
        }
    }
}

void nmcu_conv_run(const nmcu_conv_t *layer)
{
    nmcu_stages_t stages; /* not constant: that would be in slow memory */
    nmcu_conv_t *conv = layer->copy;
    NMCU_LAYER_FETCH(nmcu_conv_t, conv, layer);
    stages.load = nmcu_weighted_load;
    stages.prepare = nmcu_window_pad;
    stages.compute = compute;
    stages.store = nmcu_window_store;
    nmcu_pipeline_run_in_step(&stages, conv, nmcu_window_tiles(&conv->weighted.window));
}
