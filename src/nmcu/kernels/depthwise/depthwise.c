#include "depthwise.h"

#include "layer.h"
#include "pipeline.h"

/* The inputs of some windows along an axis: `before` in the padding, then `count` from element `from` of the map. */
typedef struct {
    int before, from, count;
} span_t;

static span_t span(const nmcu_depthwise_axis_t *axis, unsigned first, unsigned windows)
{
    const int start = (int)(first * axis->stride) - axis->pad;
    const int end = start + (int)((windows - 1) * axis->stride + (axis->kernel - 1u) * axis->dilation + 1);
    span_t inputs;

    inputs.from = start < 0 ? 0 : start;
    inputs.before = inputs.from - start;
    inputs.count = (end < axis->size ? end : axis->size) - inputs.from;
    return inputs;
}

/* What a core does of a tile. Steps are bytes from element to element along a line and across lines. */
typedef struct {
    const nmcu_depthwise_t *depthwise;
    const int8_t *x; /* the slab */
    int8_t *y;
    const uint8_t *weights;
    int8_t *planes; /* the core's own */
    unsigned channels;
    unsigned outputs;           /* of a line */
    unsigned first_line, lines; /* of the tile */
    span_t inputs;              /* of a line */
    int32_t x_along, x_across, y_along, y_across;
    int32_t origin; /* from the slab to where the map's first element would lie */
} work_t;

static int8_t *own_planes(const nmcu_depthwise_t *depthwise, unsigned core)
{
    return (int8_t *)depthwise->planes + core * 4 * depthwise->shape.plane_bytes;
}

static void write_padding(const nmcu_depthwise_t *depthwise, unsigned core)
{
    nmcu_planes_fill(own_planes(depthwise, core), depthwise->weighted.window.pad_value,
                     depthwise->shape.plane_bytes);
}

/* Padding lies at the same bytes of the planes for all tiles: it is written once, while the first slab comes. */
static int same_padding(const nmcu_depthwise_t *depthwise)
{
    return depthwise->parts == 1 && depthwise->weighted.window.row_tiles == 1;
}

static void prepare(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    const unsigned cores = nmcu_core_count();
    const unsigned busy = cores > 2 ? 2 : 0; /* the first cores start the transfers */
    const unsigned words = cores * depthwise->shape.plane_bytes;

    if (tile_index > 0 || core < busy || !same_padding(depthwise)) return;
    const unsigned first = nmcu_share_first(words, core - busy, cores - busy);
    const unsigned end = nmcu_share_first(words, core + 1 - busy, cores - busy);
    nmcu_planes_fill((int8_t *)depthwise->planes + 4 * first, depthwise->weighted.window.pad_value,
                     end - first);
}

/* Planes of the inputs of some lines of a group. */
static void fill_planes(const work_t *work, unsigned group, unsigned first_line, unsigned lines)
{
    const nmcu_depthwise_t *depthwise = work->depthwise;
    const span_t across = span(&depthwise->across, work->first_line + first_line, lines);
    nmcu_planes_t planes;

    if (work->inputs.count <= 0 || across.count <= 0) return;
    planes.x = work->x + (work->origin + work->inputs.from * work->x_along + across.from * work->x_across +
                          4 * (int)group);
    planes.planes =
        work->planes + across.before * (int)depthwise->line_bytes + work->inputs.before + depthwise->lead;
    planes.x_step = work->x_along;
    planes.x_line = work->x_across;
    planes.extent = (uint32_t)work->inputs.count;
    planes.lines = (uint32_t)across.count;
    planes.line_bytes = depthwise->line_bytes;
    planes.plane_bytes = depthwise->shape.plane_bytes;
    planes.pad = depthwise->weighted.window.pad_value;
    nmcu_planes(&planes);
}

static void run_lines(const work_t *work, unsigned group, unsigned first_line, unsigned lines)
{
    const nmcu_depthwise_t *depthwise = work->depthwise;
    const unsigned channels = work->channels - 4 * group;
    nmcu_depthwise_lines_t block;

    block.shape = &depthwise->shape;
    block.x = work->planes;
    block.y =
        work->y + ((int32_t)first_line * work->y_across - depthwise->lead * work->y_along + 4 * (int)group);
    block.channel = work->weights + 4 * group * depthwise->shape.channel_bytes;
    block.channels = channels < 4 ? channels : 4;
    block.lines = lines;
    block.outputs = work->outputs + depthwise->lead;
    block.y_line = work->y_across;
    block.y_step = work->y_along;
    depthwise->fn(&block);
}

static void begin(work_t *work, const nmcu_depthwise_t *depthwise, unsigned tile_index, unsigned core)
{
    const nmcu_window_t *map = &depthwise->weighted.window;
    const nmcu_tile_t tile = nmcu_window_tile(map, tile_index);
    const int32_t pixel = (int32_t)tile.channels;
    const int32_t x_row = map->slab_width * pixel, y_row = map->out_width * pixel;
    const int vertical = depthwise->vertical;

    work->depthwise = depthwise;
    work->x = tile.slab;
    work->y = tile.out;
    work->weights = nmcu_weighted_records(&depthwise->weighted, &tile);
    work->planes = own_planes(depthwise, core);
    work->channels = tile.channels;
    work->outputs = vertical ? tile.rows : map->out_width;
    work->lines = vertical ? map->out_width : tile.rows;
    work->first_line = vertical ? 0 : tile.first_row;
    work->inputs = span(&depthwise->along, vertical ? tile.first_row : 0, work->outputs);
    work->x_along = vertical ? x_row : pixel;
    work->x_across = vertical ? pixel : x_row;
    work->y_along = vertical ? y_row : pixel;
    work->y_across = vertical ? pixel : y_row;
    work->origin = ((int)map->pad_top - (int)(tile.first_row * map->stride_height)) * x_row;
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    const unsigned parts = depthwise->parts, cores = nmcu_core_count();
    work_t work;

    begin(&work, depthwise, tile_index, core);
    const unsigned groups = (work.channels + 3) / 4;
    if (parts == 1) {
        for (unsigned group = core; group < groups; group += cores) {
            if (!same_padding(depthwise)) write_padding(depthwise, core);
            fill_planes(&work, group, 0, work.lines);
            run_lines(&work, group, 0, work.lines);
        }
        return;
    }
    for (unsigned item = core; item < groups * parts; item += cores) {
        const unsigned group = item / parts, part = item - group * parts;
        const unsigned first = nmcu_share_first(work.lines, part, parts);
        const unsigned count = nmcu_share_first(work.lines, part + 1, parts) - first;
        if (count == 0) continue;
        write_padding(depthwise, core);
        fill_planes(&work, group, first, count);
        run_lines(&work, group, first, count);
    }
}

void nmcu_depthwise_run(const nmcu_depthwise_t *layer)
{
    nmcu_stages_t stages; /* not constant: that would be in slow memory */
    nmcu_depthwise_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_depthwise_t, copy, layer);
    stages.load = nmcu_weighted_load;
    stages.prepare = prepare;
    stages.compute = compute;
    stages.store = nmcu_window_store;
    nmcu_pipeline_run_in_step(&stages, copy, nmcu_window_tiles(&copy->weighted.window));
}
