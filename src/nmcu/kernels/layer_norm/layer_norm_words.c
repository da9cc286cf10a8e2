#include "layer_norm.h"

void nmcu_layer_norm_words(const nmcu_layer_norm_row_t *row, int8_t *y, const int8_t *x, uint32_t words)
{
    const uint32_t norm_half = 1u << (row->norm_shift - 1), half = 1u << (row->shift - 1);

    for (uint32_t i = 0; i < 4 * words; i++) {
        const nmcu_layer_norm_channel_t *channel = &row->channels[i];
        const uint32_t scaled = (uint32_t)x[i] * (uint32_t)row->scale + (uint32_t)row->offset;
        const int32_t norm = (int32_t)(scaled + norm_half) >> row->norm_shift;
        const uint32_t sum = (uint32_t)norm * (uint32_t)channel->gamma + (uint32_t)channel->beta;
        const int32_t value = (int32_t)(sum + half) >> row->shift;
        y[i] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    }
}

void nmcu_layer_norm_sums(const int8_t *x, uint32_t words, int32_t sums[2])
{
    sums[0] = sums[1] = 0;
    for (uint32_t i = 0; i < 4 * words; i++) {
        sums[0] += x[i];
        sums[1] += x[i] * x[i];
    }
}
