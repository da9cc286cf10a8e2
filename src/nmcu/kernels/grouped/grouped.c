#include "grouped.h"

#include "layer.h"
#include "pipeline.h"

/* The sum of one window and one output channel; `x` is the first input channel of the group at the window's corner. */
static int32_t window_sum(const nmcu_grouped_t *grouped, const int8_t *x, const int8_t *weights)
{
    const nmcu_window_t *map = &grouped->weighted.window;
    const unsigned pixel = map->in_channels, depth = grouped->depth;
    int32_t sum = 0;

    for (unsigned row = 0; row < map->kernel_height; row++)
        for (unsigned column = 0; column < map->kernel_width; column++) {
            const int8_t *tap =
                x + (row * map->dilation_height * map->slab_width + column * map->dilation_width) * pixel;
            for (unsigned i = 0; i < depth; i++)
                sum += tap[i] * *weights++;
        }
    return sum;
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_grouped_t *grouped = layer;
    const nmcu_window_t *map = &grouped->weighted.window;
    const nmcu_tile_t tile = nmcu_window_tile(map, tile_index);
    const unsigned cores = nmcu_core_count(), pixels = tile.rows * map->out_width;
    const unsigned end = nmcu_share_first(pixels, core + 1, cores);

    for (unsigned p = nmcu_share_first(pixels, core, cores); p < end; p++) {
        const unsigned row = p / map->out_width, column = p - row * map->out_width;
        const int8_t *x =
            tile.slab +
            (row * map->stride_height * map->slab_width + column * map->stride_width) * map->in_channels;
        const uint8_t *at = nmcu_weighted_records(&grouped->weighted, &tile);
        int8_t *y = tile.out + p * tile.channels;
        for (unsigned c = 0; c < tile.channels; c++, at += grouped->weighted.record_bytes) {
            const nmcu_grouped_channel_t *channel = (const nmcu_grouped_channel_t *)(const void *)at;
            const unsigned group = (tile.first_channel + c) / grouped->channels;
            const int32_t sum = window_sum(grouped, x + group * grouped->depth, channel->weights);
            y[c] = nmcu_requantize(&grouped->requant, sum + channel->bias, channel->multiplier,
                                   channel->round, channel->shift);
        }
    }
}

void nmcu_grouped_run(const nmcu_grouped_t *layer)
{
    const nmcu_stages_t stages = {nmcu_weighted_load, nmcu_window_pad, compute, nmcu_window_store};
    nmcu_grouped_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_grouped_t, copy, layer);
    nmcu_pipeline_run_in_step(&stages, copy, nmcu_window_tiles(&copy->weighted.window));
}
