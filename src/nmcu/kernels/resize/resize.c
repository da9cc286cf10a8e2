#include "resize.h"

#include <string.h>

#include "nmcu_hal.h"

static void nearest(const nmcu_resize_t *layer, int8_t *y, const int8_t *x)
{
    const nmcu_resize_place_t *place = layer->columns_copy;

    for (uint32_t j = 0; j < layer->out_width; j++, y += layer->channels)
        memcpy(y, x + (uint32_t)place[j].first * layer->channels, layer->channels);
}

static void bilinear(const nmcu_resize_t *layer, int8_t *y, const int8_t *top, const int8_t *bottom,
                     int32_t row_weight)
{
    const nmcu_resize_place_t *place = layer->columns_copy;
    const int32_t one = 1 << NMCU_RESIZE_WEIGHT_BITS, half = 1 << (2 * NMCU_RESIZE_WEIGHT_BITS - 1);
    const uint32_t channels = layer->channels;

    for (uint32_t j = 0; j < layer->out_width; j++) {
        const uint32_t left = (uint32_t)place[j].first * channels,
                       right = (uint32_t)place[j].second * channels;
        const int32_t weight = place[j].weight;
        for (uint32_t c = 0; c < channels; c++) {
            const int32_t above = top[left + c] * (one - weight) + top[right + c] * weight;
            const int32_t below = bottom[left + c] * (one - weight) + bottom[right + c] * weight;
            *y++ = (int8_t)((above * (one - row_weight) + below * row_weight + half) >>
                            (2 * NMCU_RESIZE_WEIGHT_BITS));
        }
    }
}

void nmcu_resize_run(const nmcu_resize_t *original)
{
    const nmcu_resize_t layer = *original; /* a copy in L1: the original is in slow memory */
    const unsigned core = nmcu_core_id(), cores = nmcu_core_count();
    const uint32_t in_row = layer.in_width * layer.channels, out_row = layer.out_width * layer.channels;
    int8_t *const top = layer.staging + core * layer.staging_bytes, *const bottom = top + in_row;
    int8_t *const y = bottom + in_row;
    uint32_t stored = 0;

    if (core == 0)
        nmcu_dma_wait(nmcu_dma_start_1d(layer.columns_copy, layer.columns,
                                        layer.out_width * sizeof(nmcu_resize_place_t)));
    nmcu_barrier();
    for (uint32_t i = core; i < layer.out_height; i += cores) {
        const nmcu_resize_place_t row = layer.rows[i];
        uint32_t loaded = nmcu_dma_start_1d(top, layer.input + (uint32_t)row.first * in_row, in_row);
        if (layer.bilinear)
            loaded = nmcu_dma_start_1d(bottom, layer.input + (uint32_t)row.second * in_row, in_row);
        nmcu_dma_wait(loaded); /* and for the store before */
        if (layer.bilinear)
            bilinear(&layer, y, top, bottom, row.weight);
        else
            nearest(&layer, y, top);
        stored = nmcu_dma_start_1d(layer.output + i * out_row, y, out_row);
    }
    if (stored) nmcu_dma_wait(stored);
    nmcu_barrier();
}
