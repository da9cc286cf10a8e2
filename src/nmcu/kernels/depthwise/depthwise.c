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

/* What a core does of a tile. */
typedef struct {
    const nmcu_depthwise_t *depthwise;
    nmcu_tile_t tile;
    axis_t along, across;
    span_t inputs;                  /* along a line */
    unsigned outputs;               /* of a line */
    unsigned first_line, lines;     /* of the tile */
    int32_t origin;                 /* from the slab to where the map's first element would lie */
    int8_t *planes;                 /* the core's own */
} work_t;

static int8_t *own_planes(const nmcu_depthwise_t *depthwise, unsigned core)
{
    return (int8_t *)depthwise->planes + core * 4 * depthwise->plane_bytes;
}

static void write_padding(const nmcu_depthwise_t *depthwise, unsigned core)
{
    memset(own_planes(depthwise, core), depthwise->window.pad_value, 4 * depthwise->plane_bytes);
}

/* Padding lies at the same bytes of the planes for all tiles: it is written once, while the first slab comes. */
static int same_padding(const nmcu_depthwise_t *depthwise)
{
    return depthwise->parts == 1 && depthwise->window.row_tiles == 1;
}

static void prepare(const void *layer, unsigned tile_index, unsigned core)
{
    if (tile_index == 0 && same_padding(layer))
        write_padding(layer, core);
}

/* Planes of the inputs of some lines of a group. */
static void fill_planes(const work_t *work, unsigned group, unsigned first_line, unsigned lines)
{
    const nmcu_depthwise_t *depthwise = work->depthwise;
    const span_t across = span(&work->across, work->first_line + first_line, lines);
    nmcu_planes_t planes;

    if (work->inputs.count <= 0 || across.count <= 0)
        return;
    planes.x = work->tile.slab + (work->origin + work->inputs.from * work->along.x_step +
                                  across.from * work->across.x_step + 4 * (int)group);
    planes.planes = work->planes + across.before * (int)depthwise->line_bytes + work->inputs.before;
    planes.x_step = work->along.x_step;
    planes.x_line = work->across.x_step;
    planes.extent = (uint32_t)work->inputs.count;
    planes.lines = (uint32_t)across.count;
    planes.line_bytes = depthwise->line_bytes;
    planes.plane_bytes = depthwise->plane_bytes;
    planes.pad = depthwise->window.pad_value;
    nmcu_planes(&planes);
}

static void run_lines(const work_t *work, unsigned group, unsigned first_line, unsigned lines)
{
    const nmcu_depthwise_t *depthwise = work->depthwise;
    const unsigned channels = work->tile.channels - 4 * group;
    nmcu_depthwise_lines_t block;

    block.x = work->planes;
    block.y = work->tile.out + (int32_t)first_line * work->across.y_step + 4 * group;
    block.channel = (const uint8_t *)depthwise->weight_tile[work->tile.channel_slot] + 4 * group * depthwise->channel_bytes;
    block.channels = channels < 4 ? channels : 4;
    block.lines = lines;
    block.outputs = work->outputs;
    block.x_line = (int32_t)(work->across.stride * depthwise->line_bytes);
    block.x_tap = (int32_t)(work->across.dilation * depthwise->line_bytes);
    block.x_step = (int32_t)work->along.stride;
    block.y_line = work->across.y_step;
    block.y_step = work->along.y_step;
    block.tap_lines = work->across.kernel;
    block.tap_words = depthwise->tap_words;
    block.plane_bytes = depthwise->plane_bytes;
    block.channel_bytes = depthwise->channel_bytes;
    block.requant = depthwise->requant;
    depthwise->fn(&block);
}

static void begin(work_t *work, const nmcu_depthwise_t *depthwise, unsigned tile_index, unsigned core)
{
    const nmcu_window_t *map = &depthwise->window;
    const nmcu_tile_t tile = nmcu_window_tile(map, tile_index);
    const int32_t pixel = (int32_t)tile.channels;
    const axis_t rows = {map->stride_height, map->kernel_height, map->dilation_height, map->pad_top,
                         map->in_height, map->slab_width * pixel, map->out_width * pixel};
    const axis_t columns = {map->stride_width, map->kernel_width, map->dilation_width, depthwise->pad_left,
                            map->in_width, pixel, pixel};

    work->depthwise = depthwise;
    work->tile = tile;
    work->planes = own_planes(depthwise, core);
    work->origin = ((int)map->pad_top - (int)(tile.first_row * map->stride_height)) * rows.x_step;
    if (depthwise->vertical) {
        work->along = rows;
        work->across = columns;
        work->inputs = span(&rows, tile.first_row, tile.rows);
        work->outputs = tile.rows;
        work->first_line = 0;
        work->lines = map->out_width;
    } else {
        work->along = columns;
        work->across = rows;
        work->inputs = span(&columns, 0, map->out_width);
        work->outputs = map->out_width;
        work->first_line = tile.first_row;
        work->lines = tile.rows;
    }
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    const unsigned parts = depthwise->parts, cores = nmcu_core_count();
    work_t work;

    begin(&work, depthwise, tile_index, core);
    const unsigned groups = (work.tile.channels + 3) / 4;
    if (parts == 1) {
        for (unsigned group = core; group < groups; group += cores) {
            if (!same_padding(depthwise))
                write_padding(depthwise, core);
            fill_planes(&work, group, 0, work.lines);
            run_lines(&work, group, 0, work.lines);
        }
        return;
    }
    for (unsigned item = core; item < groups * parts; item += cores) {
        const unsigned group = item / parts, part = item - group * parts;
        const unsigned first = nmcu_share_first(work.lines, part, parts);
        const unsigned count = nmcu_share_first(work.lines, part + 1, parts) - first;
        if (count == 0)
            continue;
        write_padding(depthwise, core);
        fill_planes(&work, group, first, count);
        run_lines(&work, group, first, count);
    }
}

void nmcu_depthwise_run(const nmcu_depthwise_t *layer)
{
    static const nmcu_stages_t stages = {load, prepare, compute, store};
    nmcu_depthwise_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_depthwise_t, copy, layer);
    nmcu_pipeline_run_in_step(&stages, copy, nmcu_window_tiles(&copy->window));
}
