#include "depthwise.h"

#include <string.h>

#include "layer.h"
#include "pipeline.h"

static uint32_t load(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    uint32_t ticket = 0;

    if (core != 0 && core != NMCU_CONSTANTS_CORE)
        return 0;
    const nmcu_tile_t tile = nmcu_window_tile(&depthwise->window, tile_index);
    if (core == NMCU_CONSTANTS_CORE && tile.new_channels)
        ticket = nmcu_dma_start_1d(depthwise->weight_tile[tile.channel_slot],
                                   depthwise->weights + tile.first_channel * depthwise->channel_bytes,
                                   tile.channels * depthwise->channel_bytes);
    if (core == 0) {
        const uint32_t slab = nmcu_window_load(&depthwise->window, &tile);
        if (slab)
            ticket = slab;
    }
    return ticket;
}

static uint32_t store(const void *layer, unsigned tile_index)
{
    const nmcu_depthwise_t *depthwise = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&depthwise->window, tile_index);
    return nmcu_window_store(&depthwise->window, &tile);
}

/* One axis of the map. Steps are bytes in the slab and in the output tile. */
typedef struct {
    unsigned stride, kernel, dilation;
    int pad, size;
    int32_t x_step, y_step;
} axis_t;

/* The inputs of `outputs` windows from window `first` on: `before` in the padding, then `count` from element `from`. */
typedef struct {
    int before, from, count, total;
} span_t;

static span_t span(const axis_t *axis, unsigned first, unsigned outputs)
{
    const int start = (int)(first * axis->stride) - axis->pad;
    span_t inputs;

    inputs.total = (int)((outputs - 1) * axis->stride + (axis->kernel - 1) * axis->dilation + 1);
    inputs.from = start < 0 ? 0 : start;
    inputs.before = inputs.from - start;
    inputs.count = (start + inputs.total < axis->size ? start + inputs.total : axis->size) - inputs.from;
    return inputs;
}

typedef struct {
    const nmcu_depthwise_t *depthwise;
    nmcu_tile_t tile;
    axis_t along, across;
    unsigned first_output, outputs; /* of a line */
    unsigned first_line;            /* of the tile */
    int32_t origin;                 /* from the slab to where the map's first element would lie */
    int8_t *planes;                 /* the core's own */
} work_t;

/* Planes of the inputs of some lines of a group. Where `padded`, the padding is there from before. */
static void fill_planes(const work_t *work, unsigned group, unsigned first_line, unsigned lines, int padded)
{
    const nmcu_depthwise_t *depthwise = work->depthwise;
    const span_t along = span(&work->along, work->first_output, work->outputs);
    const span_t across = span(&work->across, work->first_line + first_line, lines);
    const uint32_t line_bytes = depthwise->line_bytes, plane_bytes = depthwise->plane_bytes;
    const nmcu_planes_t planes = {
        .x = work->tile.slab + (work->origin + along.from * work->along.x_step + across.from * work->across.x_step +
                                4 * (int)group),
        .planes = work->planes + across.before * (int)line_bytes + along.before,
        .x_step = work->along.x_step,
        .x_line = work->across.x_step,
        .extent = (uint32_t)along.count,
        .lines = (uint32_t)across.count,
        .line_bytes = line_bytes,
        .plane_bytes = plane_bytes,
        .pad = depthwise->window.pad_value,
    };

    if (!padded)
        memset(work->planes, depthwise->window.pad_value, 4 * plane_bytes);
    if (along.count > 0 && across.count > 0)
        nmcu_planes(&planes);
}

static void run_lines(const work_t *work, unsigned group, unsigned first_line, unsigned lines)
{
    const nmcu_depthwise_t *depthwise = work->depthwise;
    const unsigned channels = work->tile.channels - 4 * group;
    nmcu_depthwise_lines_t block = {
        .x = work->planes,
        .y = work->tile.out + (int32_t)first_line * work->across.y_step + 4 * group,
        .channel = (const uint8_t *)depthwise->weight_tile[work->tile.channel_slot] + 4 * group * depthwise->channel_bytes,
        .channels = channels < 4 ? channels : 4,
        .lines = lines,
        .outputs = work->outputs,
        .x_line = (int32_t)(work->across.stride * depthwise->line_bytes),
        .x_tap = (int32_t)(work->across.dilation * depthwise->line_bytes),
        .x_step = (int32_t)work->along.stride,
        .y_line = work->across.y_step,
        .y_step = work->along.y_step,
        .tap_lines = work->across.kernel,
        .tap_words = depthwise->tap_words,
        .plane_bytes = depthwise->plane_bytes,
        .channel_bytes = depthwise->channel_bytes,
        .requant = depthwise->requant,
    };

    depthwise->fn(&block);
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    const nmcu_window_t *map = &depthwise->window;
    const unsigned parts = depthwise->parts, cores = nmcu_core_count();
    work_t work = {
        .depthwise = depthwise,
        .tile = nmcu_window_tile(map, tile_index),
        .planes = (int8_t *)depthwise->planes + core * 4 * depthwise->plane_bytes,
    };
    const int32_t pixel = (int32_t)work.tile.channels;
    const axis_t rows = {map->stride_height, map->kernel_height, map->dilation_height, map->pad_top,
                         map->in_height, map->slab_width * pixel, map->out_width * pixel};
    const axis_t columns = {map->stride_width, map->kernel_width, map->dilation_width, depthwise->pad_left,
                            map->in_width, pixel, pixel};
    const unsigned items = (work.tile.channels + 3) / 4 * parts;
    const int same_padding = parts == 1 && map->row_tiles == 1;
    const int slab_row = (int)(work.tile.first_row * map->stride_height) - map->pad_top;
    unsigned lines;

    work.origin = -slab_row * rows.x_step;
    if (depthwise->vertical) {
        work.along = rows;
        work.across = columns;
        work.first_output = work.tile.first_row;
        work.outputs = work.tile.rows;
        work.first_line = 0;
        lines = map->out_width;
    } else {
        work.along = columns;
        work.across = rows;
        work.first_output = 0;
        work.outputs = map->out_width;
        work.first_line = work.tile.first_row;
        lines = work.tile.rows;
    }
    for (unsigned item = core; item < items; item += cores) {
        const unsigned group = item / parts, part = item - group * parts;
        const unsigned first = nmcu_share_first(lines, part, parts);
        const unsigned count = nmcu_share_first(lines, part + 1, parts) - first;
        if (count == 0)
            continue;
        fill_planes(&work, group, first, count, same_padding && (tile_index > 0 || item != core));
        run_lines(&work, group, first, count);
    }
}

void nmcu_depthwise_run(const nmcu_depthwise_t *layer)
{
    static const nmcu_stages_t stages = {load, 0, compute, store};
    nmcu_depthwise_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_depthwise_t, copy, layer);
    nmcu_pipeline_run(&stages, copy, nmcu_window_tiles(&copy->window));
}
