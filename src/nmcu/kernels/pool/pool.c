#include "pool.h"

#include <string.h>

#include "layer.h"
#include "pipeline.h"

#define MAX_GROUPS 16 /* of one call of a hot loop */

static uint32_t load(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_pool_t *pool = layer;
    uint32_t ticket = 0;

    if (core == NMCU_CONSTANTS_CORE && tile_index == 0 && pool->classes != pool->classes_copy)
        ticket = nmcu_dma_start_1d(pool->classes_copy, pool->classes,
                                   pool->class_count * sizeof(nmcu_pool_class_t));
    if (core == 0) {
        const nmcu_tile_t tile = nmcu_window_tile(&pool->window, tile_index);
        const uint32_t slab = nmcu_window_load(&pool->window, &tile);
        if (slab) ticket = slab;
    }
    return ticket;
}

/* Windows along one axis: the elements inside the map, counted from the window's first one. */
typedef struct {
    unsigned skip, count;
} span_t;

static span_t span(unsigned window, unsigned stride, unsigned kernel, unsigned pad, unsigned size)
{
    const int start = (int)(window * stride) - (int)pad;
    const int first = start < 0 ? 0 : start;
    const int end = start + (int)kernel < (int)size ? start + (int)kernel : (int)size;
    const span_t inside = {(unsigned)(first - start), end > first ? (unsigned)(end - first) : 0};
    return inside;
}

static void average(const nmcu_pool_t *pool, const nmcu_pool_window_t *window, int8_t *y, unsigned channels)
{
    const nmcu_pool_class_t *how = pool->classes_copy;
    int32_t sums[4 * MAX_GROUPS];

    while (how->count != (int32_t)(window->rows * window->columns))
        how++;
    const int32_t bias = how->bias, multiplier = how->multiplier, round = how->round, shift = how->shift;
    nmcu_pool_sums(window, sums);
    for (unsigned c = 0; c < channels; c++)
        y[c] = nmcu_requantize(&pool->requant, sums[c] + bias, multiplier, round, shift);
}

static void maximum(const nmcu_pool_window_t *window, int8_t *y, unsigned channels)
{
    int8_t words[4 * MAX_GROUPS];

    if (window->rows == 0 || window->columns == 0) {
        memset(y, -128, channels);
    } else if (channels == 4 * window->groups) {
        nmcu_pool_maximum(window, y);
    } else {
        nmcu_pool_maximum(window, words);
        memcpy(y, words, channels);
    }
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_pool_t *pool = layer;
    const nmcu_window_t *map = &pool->window;
    const nmcu_tile_t tile = nmcu_window_tile(map, tile_index);
    const unsigned cores = nmcu_core_count();
    const unsigned groups = (tile.channels + 3) / 4;
    const unsigned items = tile.rows * map->out_width * groups;
    unsigned item = nmcu_share_first(items, core, cores);
    const unsigned end = nmcu_share_first(items, core + 1, cores);
    unsigned pixel = item / groups, group = item - pixel * groups;
    unsigned row = pixel / map->out_width, column = pixel - row * map->out_width;
    nmcu_pool_window_t window = {
        .pixel_bytes = tile.channels,
        .row_bytes = (int32_t)(map->slab_width * tile.channels),
    };

    while (item < end) {
        const span_t rows =
            span(tile.first_row + row, map->stride_height, map->kernel_height, map->pad_top, map->in_height);
        const span_t columns =
            span(column, map->stride_width, map->kernel_width, pool->pad_left, map->in_width);
        const unsigned first_row = row * map->stride_height + rows.skip;
        const unsigned first_column = column * map->stride_width + columns.skip - pool->pad_left;
        const unsigned run = nmcu_min(nmcu_min(groups - group, end - item), MAX_GROUPS);
        const unsigned channels = nmcu_min(4 * run, tile.channels - 4 * group);
        int8_t *y = tile.out + (row * map->out_width + column) * tile.channels + 4 * group;

        window.x = tile.slab + (first_row * map->slab_width + first_column) * tile.channels + 4 * group;
        window.groups = run;
        window.rows = rows.count;
        window.columns = columns.count;
        if (pool->classes)
            average(pool, &window, y, channels);
        else
            maximum(&window, y, channels);
        item += run;
        group += run;
        if (group == groups) {
            group = 0;
            if (++column == map->out_width) {
                column = 0;
                row++;
            }
        }
    }
}

void nmcu_pool_run(const nmcu_pool_t *layer)
{
    nmcu_stages_t stages; /* not constant: that would be in slow memory */
    nmcu_pool_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_pool_t, copy, layer);
    stages.load = load;
    stages.prepare = 0;
    stages.compute = compute;
    stages.store = nmcu_window_store;
    nmcu_pipeline_run_in_step(&stages, copy, nmcu_window_tiles(&copy->window));
}
