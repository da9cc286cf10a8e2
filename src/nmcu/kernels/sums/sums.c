#include "sums.h"

#include "arithmetic.h"
#include "layer.h"
#include "pipeline.h"

#define GROUP 4 /* channels */

/* The sums of one group of channels for the window at `x`. */
static void add_up(const nmcu_sums_t *layer, int32_t sums[GROUP], const int8_t *x, const uint8_t *record)
{
    const nmcu_window_t *window = &layer->weighted.window;
    const unsigned taps = layer->runs / window->kernel_height;
    const unsigned tap = (unsigned)window->dilation_width * window->in_channels;
    const unsigned row = (unsigned)window->slab_width * window->in_channels * window->dilation_height;
    const int8_t *weights = (const int8_t *)record + GROUP * sizeof(int32_t);

    for (unsigned c = 0; c < GROUP; c++)
        sums[c] = ((const int32_t *)(const void *)record)[c];
    for (unsigned i = 0; i < window->kernel_height; i++)
        for (unsigned j = 0; j < taps; j++, weights += 4 * GROUP * layer->run_words)
            nmcu_sums_dot(sums, x + i * row + j * tap, weights, layer->run_words);
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_sums_t *sums = layer;
    const nmcu_window_t *window = &sums->weighted.window;
    const nmcu_tile_t tile = nmcu_window_tile(window, tile_index);
    const uint8_t *records = nmcu_weighted_records(&sums->weighted, &tile);
    const unsigned channels = tile.channels / sizeof(int32_t), groups = (channels + GROUP - 1) / GROUP;
    const unsigned items = tile.rows * window->out_width * groups, cores = nmcu_core_count();
    const unsigned end = nmcu_share_first(items, core + 1, cores);
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels * window->stride_height;
    unsigned item = nmcu_share_first(items, core, cores);
    unsigned pixel = item / groups, group = item - pixel * groups;
    unsigned row = pixel / window->out_width, column = pixel - row * window->out_width;

    for (; item < end; item++) {
        int32_t found[GROUP];
        int32_t *y = (int32_t *)(void *)tile.out + pixel * channels + GROUP * group;
        add_up(sums, found, tile.slab + row * row_bytes + column * window->stride_width * window->in_channels,
               records + group * sums->weighted.record_bytes);
        for (unsigned c = 0; c < GROUP && GROUP * group + c < channels; c++)
            y[c] = found[c];
        if (++group < groups) continue;
        group = 0;
        pixel++;
        if (++column < window->out_width) continue;
        column = 0;
        row++;
    }
}

void nmcu_sums_run(const nmcu_sums_t *layer)
{
    static const nmcu_stages_t stages = {nmcu_weighted_load, nmcu_window_pad, compute, nmcu_window_store};
    nmcu_sums_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_sums_t, copy, layer);
    nmcu_pipeline_run(&stages, copy, nmcu_window_tiles(&copy->weighted.window));
}
