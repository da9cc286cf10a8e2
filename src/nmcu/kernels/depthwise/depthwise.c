#include "depthwise.h"

#include "layer.h"
#include "pipeline.h"

/* The inputs of some windows along an axis: `before` in the padding, then `count` from element `from` of the map, then
 * `after` in the padding. */
typedef struct {
    int before, from, count, after;
} span_t;

static span_t span(const nmcu_depthwise_axis_t *axis, unsigned first, unsigned windows)
{
    const int start = (int)(first * axis->stride) - axis->pad;
    const int end = start + (int)((windows - 1) * axis->stride + (axis->kernel - 1u) * axis->dilation + 1);
    span_t inputs;

    inputs.from = start < 0 ? 0 : start;
    inputs.before = inputs.from - start;
    inputs.count = (end < axis->size ? end : axis->size) - inputs.from;
    inputs.after = end - inputs.from - inputs.count;
    return inputs;
}

/* What a core does of a tile. Steps are bytes from element to element along a line and across lines. */
typedef struct {
    const nmcu_depthwise_t *depthwise;
    const int8_t *x; /* the slab */
    int8_t *y;
    const uint8_t *weights;
    int8_t *planes;             /* the core's own */
    unsigned channels;          /* of the slab */
    unsigned multiplier;        /* output channels for each */
    unsigned outputs;           /* of a line */
    unsigned first_line, lines; /* of the tile */
    span_t inputs;              /* of a line */
    int32_t x_along, x_across, y_along, y_across;
    int32_t origin; /* from the slab to where the map's first element would lie */
} work_t;

/* What it takes on at a time: lines of some groups of four channels. */
typedef struct {
    unsigned group, groups;
    unsigned first_line, lines; /* of the tile */
    int padded;                 /* the planes hold the padding already */
} item_t;

/* Most bytes behind a line that nmcu_planes fills. */
#define MOST_BEHIND 4

static int8_t *own_planes(const nmcu_depthwise_t *depthwise, unsigned core)
{
    return (int8_t *)depthwise->planes + core * depthwise->groups * 4 * depthwise->shape.plane_bytes;
}

/* Where the words of a window lie: the same for all tiles. */
static void fill_offsets(const nmcu_depthwise_shape_t *shape)
{
    int32_t *offset = (int32_t *)(uintptr_t)shape->offsets;

    for (unsigned line = 0; line < shape->tap_lines; line++)
        for (unsigned word = 0; word < shape->tap_words; word++)
            *offset++ = (int32_t)line * shape->x_tap + 4 * (int32_t)word;
}

static void prepare(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    const unsigned cores = nmcu_core_count();
    const unsigned busy = cores > 2 ? 2 : 0; /* the first cores start the transfers */
    const unsigned words = cores * depthwise->groups * depthwise->shape.plane_bytes;

    if (tile_index > 0 || core < busy) return;
    if (core == cores - 1 && depthwise->shape.offsets) fill_offsets(&depthwise->shape);
    if (!depthwise->same_padding) return;
    /* written once, while the first slab comes */
    const unsigned first = nmcu_share_first(words, core - busy, cores - busy);
    const unsigned end = nmcu_share_first(words, core + 1 - busy, cores - busy);
    nmcu_planes_fill((int8_t *)depthwise->planes + 4 * first, depthwise->weighted.window.pad_value,
                     end - first, 1, 0);
}

static void fill_all(const nmcu_planes_t *planes, const work_t *work)
{
    nmcu_planes_fill(work->planes, planes->pad, planes->groups * planes->plane_bytes, 1, 0);
}

/* Padding around the map's part of planes; all of them where more lies between two lines than nmcu_planes fills. */
static void write_padding(const nmcu_planes_t *planes, const work_t *work, const span_t *lines)
{
    const unsigned before = (unsigned)(planes->planes - work->planes + 3) / 4; /* words */
    const unsigned after = (unsigned)lines->after * planes->line_bytes / 4;
    const unsigned count = 4 * planes->groups;

    if (planes->line_bytes - planes->extent > MOST_BEHIND) {
        fill_all(planes, work);
        return;
    }
    if (before > 0) nmcu_planes_fill(work->planes, planes->pad, before, count, planes->plane_bytes);
    if (after > 0)
        nmcu_planes_fill(work->planes + (unsigned)(lines->before + lines->count) * planes->line_bytes,
                         planes->pad, after, count, planes->plane_bytes);
}

/* Planes of the inputs of an item. */
static void fill_planes(const work_t *work, const item_t *item)
{
    const nmcu_depthwise_t *depthwise = work->depthwise;
    const span_t *along = &work->inputs;
    const span_t across = span(&depthwise->across, work->first_line + item->first_line, item->lines);
    nmcu_planes_t planes;

    planes.line_bytes = depthwise->line_bytes;
    planes.plane_bytes = depthwise->shape.plane_bytes;
    planes.pad = depthwise->weighted.window.pad_value;
    planes.groups = item->groups;
    planes.behind = 0;
    if (along->count <= 0 || across.count <= 0) {
        if (!item->padded) fill_all(&planes, work);
        return;
    }
    planes.x = work->x + (work->origin + along->from * work->x_along + across.from * work->x_across +
                          4 * (int)item->group);
    planes.planes = work->planes + across.before * (int)planes.line_bytes + along->before + depthwise->lead;
    planes.x_step = work->x_along;
    planes.x_line = work->x_across;
    planes.extent = (uint32_t)along->count;
    planes.lines = (uint32_t)across.count;
    if (!item->padded) {
        const unsigned behind = planes.line_bytes - planes.extent;
        if (behind <= MOST_BEHIND) planes.behind = behind;
        write_padding(&planes, work, &across);
    }
    nmcu_planes(&planes);
}

static int is_wide(const nmcu_depthwise_t *depthwise, const uint8_t *channel)
{
    return depthwise->shape.requant.form == NMCU_MIXED &&
           ((const nmcu_depthwise_channel_t *)channel)->shift < 0;
}

/* Channels in a row that the same function runs, each for itself where a plane has several. Not inlined, which would
 * take registers from what is common. */
static __attribute__((noinline)) void run_apart(const nmcu_depthwise_t *depthwise,
                                                nmcu_depthwise_lines_t *block, unsigned multiplier)
{
    const uint32_t channel_bytes = depthwise->shape.channel_bytes;
    unsigned left = block->channels * multiplier, alike, of_plane = 0;

    for (; left > 0; left -= alike) {
        const int wide = is_wide(depthwise, block->channel);

        for (alike = 1; multiplier == 1 && alike < left; alike++)
            if (is_wide(depthwise, block->channel + alike * channel_bytes) != wide) break;
        block->channels = alike;
        (wide ? depthwise->wide_fn : depthwise->fn)(block);
        block->channel += alike * channel_bytes;
        block->y += alike;
        of_plane += alike;
        if (of_plane >= multiplier) {
            block->x += of_plane / multiplier * depthwise->shape.plane_bytes;
            of_plane = 0;
        }
    }
}

static void run_lines(const work_t *work, const item_t *item)
{
    const nmcu_depthwise_t *depthwise = work->depthwise;
    const unsigned left = work->channels - 4 * item->group;
    const unsigned first = 4 * item->group * work->multiplier;
    nmcu_depthwise_lines_t block;

    block.shape = &depthwise->shape;
    block.x = work->planes;
    block.y = work->y +
              ((int32_t)item->first_line * work->y_across - depthwise->lead * work->y_along + (int32_t)first);
    block.channel = work->weights + first * depthwise->shape.channel_bytes;
    block.channels = nmcu_min(left, 4 * item->groups);
    block.lines = item->lines;
    block.outputs = work->outputs + depthwise->lead;
    block.y_line = work->y_across;
    block.y_step = work->y_along;
    if (depthwise->shape.requant.form == NMCU_MIXED || work->multiplier > 1)
        run_apart(depthwise, &block, work->multiplier);
    else
        depthwise->fn(&block);
}

static void begin(work_t *work, const nmcu_depthwise_t *depthwise, unsigned tile_index, unsigned core)
{
    const nmcu_window_t *map = &depthwise->weighted.window;
    const nmcu_tile_t tile = nmcu_window_tile(map, tile_index);
    const int32_t x_pixel = (int32_t)nmcu_window_channels(map, &tile), y_pixel = (int32_t)tile.channels;
    const int32_t x_row = map->slab_width * x_pixel, y_row = map->out_width * y_pixel;
    const int vertical = depthwise->vertical;

    work->depthwise = depthwise;
    work->x = tile.slab;
    work->y = tile.out;
    work->weights = nmcu_weighted_records(&depthwise->weighted, &tile);
    work->planes = own_planes(depthwise, core);
    work->channels = (unsigned)x_pixel;
    work->multiplier = map->channelwise;
    work->outputs = vertical ? tile.rows : map->out_width;
    work->lines = vertical ? map->out_width : tile.rows;
    work->first_line = vertical ? 0 : tile.first_row;
    work->inputs = span(&depthwise->along, vertical ? tile.first_row : 0, work->outputs);
    work->x_along = vertical ? x_row : x_pixel;
    work->x_across = vertical ? x_pixel : x_row;
    work->y_along = vertical ? y_row : y_pixel;
    work->y_across = vertical ? y_pixel : y_row;
    work->origin = ((int)map->pad_top - (int)(tile.first_row * map->stride_height)) * x_row;
}

static void compute_item(const work_t *work, const item_t *item)
{
    if (item->lines == 0) return;
    fill_planes(work, item);
    run_lines(work, item);
}

/* The core's share of the first `groups`, some at a time. */
static void compute_groups(const work_t *work, unsigned groups, unsigned core)
{
    const unsigned cores = nmcu_core_count(), most = work->depthwise->groups;
    const unsigned end = nmcu_share_first(groups, core + 1, cores);
    item_t item;

    item.first_line = 0;
    item.lines = work->lines;
    item.padded = work->depthwise->same_padding;
    for (item.group = nmcu_share_first(groups, core, cores); item.group < end; item.group += item.groups) {
        item.groups = nmcu_min(end - item.group, most);
        compute_item(work, &item);
    }
}

/* The core's parts of the groups from `first` on. */
static void compute_parts(const work_t *work, unsigned first, unsigned groups, unsigned core)
{
    const unsigned cores = nmcu_core_count(), parts = work->depthwise->parts;
    item_t item;

    item.groups = 1;
    item.padded = 0;
    for (unsigned i = core; i < groups * parts; i += cores) {
        const unsigned group = i / parts, part = i - group * parts;
        item.group = first + group;
        item.first_line = nmcu_share_first(work->lines, part, parts);
        item.lines = nmcu_share_first(work->lines, part + 1, parts) - item.first_line;
        compute_item(work, &item);
    }
}

/* Whole groups, as many for each core; then parts of those that are left. They put padding elsewhere: where that is to
 * last from tile to tile, they have to wait for the last one. */
static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    const int last = tile_index + 1 == nmcu_window_tiles(&depthwise->weighted.window);
    work_t work;
    unsigned rest = 0;

    begin(&work, depthwise, tile_index, core);
    const unsigned groups = (work.channels + 3) / 4;
    if (depthwise->fewer)
        rest = groups;
    else if (last || !depthwise->same_padding)
        rest = depthwise->parts > 1 ? groups % nmcu_core_count() : 0;
    if (rest < groups) compute_groups(&work, groups - rest, core);
    if (rest > 0) compute_parts(&work, groups - rest, rest, core);
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
