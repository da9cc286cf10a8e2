#include "depthwise.h"

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

static void prepare(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&depthwise->window, tile_index);
    nmcu_window_pad(&depthwise->window, &tile, core);
}

static uint32_t store(const void *layer, unsigned tile_index)
{
    const nmcu_depthwise_t *depthwise = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&depthwise->window, tile_index);
    return nmcu_window_store(&depthwise->window, &tile);
}

/* Lengths along a line and across lines, where lines are rows or columns. */
typedef struct {
    unsigned outputs, stride, kernel, dilation;
    int32_t x_step, y_step; /* bytes in the slab and in the output tile */
} axis_t;

static unsigned extent(const axis_t *axis, unsigned outputs)
{
    return (outputs - 1) * axis->stride + (axis->kernel - 1) * axis->dilation + 1;
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_depthwise_t *depthwise = layer;
    const nmcu_window_t *map = &depthwise->window;
    const nmcu_tile_t tile = nmcu_window_tile(map, tile_index);
    const int32_t pixel = (int32_t)tile.channels;
    const axis_t rows = {tile.rows, map->stride_height, map->kernel_height, map->dilation_height,
                         map->slab_width * pixel, map->out_width * pixel};
    const axis_t columns = {map->out_width, map->stride_width, map->kernel_width, map->dilation_width, pixel, pixel};
    const axis_t along = depthwise->vertical ? rows : columns, across = depthwise->vertical ? columns : rows;
    const unsigned parts = depthwise->parts, cores = nmcu_core_count();
    const unsigned items = (tile.channels + 3) / 4 * parts;
    int8_t *const own_planes = (int8_t *)depthwise->planes + core * 4 * depthwise->plane_bytes;

    for (unsigned item = core; item < items; item += cores) {
        const unsigned group = item / parts, part = item - group * parts;
        const unsigned first = nmcu_share_first(across.outputs, part, parts);
        const unsigned lines = nmcu_share_first(across.outputs, part + 1, parts) - first;
        const unsigned channels = tile.channels - 4 * group < 4 ? tile.channels - 4 * group : 4;
        if (lines == 0)
            continue;
        const nmcu_planes_t planes = {
            .x = tile.slab + (int32_t)(first * across.stride) * across.x_step + 4 * group,
            .planes = own_planes,
            .x_step = along.x_step,
            .x_line = across.x_step,
            .extent = extent(&along, along.outputs),
            .lines = extent(&across, lines),
            .line_bytes = depthwise->line_bytes,
            .plane_bytes = depthwise->plane_bytes,
        };
        nmcu_depthwise_lines_t work = {
            .x = own_planes,
            .y = tile.out + (int32_t)first * across.y_step + 4 * group,
            .lines = lines,
            .outputs = along.outputs,
            .x_line = (int32_t)(across.stride * depthwise->line_bytes),
            .x_tap = (int32_t)(across.dilation * depthwise->line_bytes),
            .x_step = (int32_t)along.stride,
            .y_line = across.y_step,
            .y_step = along.y_step,
            .tap_lines = across.kernel,
            .tap_words = depthwise->tap_words,
            .requant = depthwise->requant,
        };
        const uint8_t *channel = (const uint8_t *)depthwise->weight_tile[tile.channel_slot];
        channel += 4 * group * depthwise->channel_bytes;

        nmcu_planes(&planes);
        for (unsigned c = 0; c < channels; c++) {
            work.channel = (const nmcu_depthwise_channel_t *)(const void *)channel;
            depthwise->fn(&work);
            work.x += depthwise->plane_bytes;
            work.y++;
            channel += depthwise->channel_bytes;
        }
    }
}

void nmcu_depthwise_run(const nmcu_depthwise_t *layer)
{
    static const nmcu_stages_t stages = {load, prepare, compute, store};
    nmcu_depthwise_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_depthwise_t, copy, layer);
    nmcu_pipeline_run(&stages, copy, nmcu_window_tiles(&copy->window));
}
