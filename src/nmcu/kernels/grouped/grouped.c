#include "grouped.h"

#include "layer.h"
#include "pipeline.h"

static uint32_t load(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_grouped_t *grouped = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&grouped->window, tile_index);
    uint32_t ticket = 0;

    if (core == NMCU_CONSTANTS_CORE && tile.new_channels)
        ticket = nmcu_dma_start_1d(grouped->weight_tile[tile.channel_slot],
                                   grouped->weights + tile.first_channel * grouped->channel_bytes,
                                   tile.channels * grouped->channel_bytes);
    if (core == 0) {
        const uint32_t slab = nmcu_window_load(&grouped->window, &tile);
        if (slab)
            ticket = slab;
    }
    return ticket;
}

static void prepare(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_grouped_t *grouped = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&grouped->window, tile_index);
    nmcu_window_pad(&grouped->window, &tile, core);
}

static uint32_t store(const void *layer, unsigned tile_index)
{
    const nmcu_grouped_t *grouped = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&grouped->window, tile_index);
    return nmcu_window_store(&grouped->window, &tile);
}

/* The sum of one window and one output channel; `x` is the first input channel of the group at the window's corner. */
static int32_t window_sum(const nmcu_grouped_t *grouped, const int8_t *x, const int8_t *weights)
{
    const nmcu_window_t *map = &grouped->window;
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
    const nmcu_window_t *map = &grouped->window;
    const nmcu_tile_t tile = nmcu_window_tile(map, tile_index);
    const unsigned cores = nmcu_core_count(), pixels = tile.rows * map->out_width;
    const unsigned end = nmcu_share_first(pixels, core + 1, cores);

    for (unsigned p = nmcu_share_first(pixels, core, cores); p < end; p++) {
        const unsigned row = p / map->out_width, column = p - row * map->out_width;
        const int8_t *x = tile.slab + (row * map->stride_height * map->slab_width + column * map->stride_width) *
                                          map->in_channels;
        const uint8_t *at = grouped->weight_tile[tile.channel_slot];
        int8_t *y = tile.out + p * tile.channels;
        for (unsigned c = 0; c < tile.channels; c++, at += grouped->channel_bytes) {
            const nmcu_grouped_channel_t *channel = (const nmcu_grouped_channel_t *)(const void *)at;
            const unsigned group = (tile.first_channel + c) / grouped->channels;
            const int32_t sum = window_sum(grouped, x + group * grouped->depth, channel->weights);
            y[c] = nmcu_requantize(&grouped->requant, sum + channel->bias, channel->multiplier, channel->round,
                                   channel->shift);
        }
    }
}

void nmcu_grouped_run(const nmcu_grouped_t *layer)
{
    const nmcu_stages_t stages = {load, prepare, compute, store};
    nmcu_grouped_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_grouped_t, copy, layer);
    nmcu_pipeline_run_in_step(&stages, copy, nmcu_window_tiles(&copy->window));
}
