#include "layer_norm.h"

static int8_t value(int32_t x, uint32_t scale, uint32_t offset, const nmcu_layer_norm_channel_t *channel,
                    uint32_t norm_shift, uint32_t shift)
{
    const uint32_t scaled = (uint32_t)x * scale + offset;
    const int32_t norm = (int32_t)(scaled + (1u << (norm_shift - 1))) >> norm_shift;
    const uint32_t sum = (uint32_t)norm * (uint32_t)channel->gamma + (uint32_t)channel->beta;
    const int32_t y = (int32_t)(sum + (1u << (shift - 1))) >> shift;
    return (int8_t)(y < -128 ? -128 : y > 127 ? 127 : y);
}

void nmcu_layer_norm_words(const nmcu_layer_norm_row_t *row, int8_t *y, const int8_t *x, uint32_t words)
{
    for (uint32_t i = 0; i < 4 * words; i++)
        y[i] = value(x[i], (uint32_t)row->scale, (uint32_t)row->offset, &row->channels[i], row->norm_shift,
                     row->shift);
}

void nmcu_layer_norm_columns(const nmcu_layer_norm_columns_t *op, int8_t *y, const int8_t *x, uint32_t rows,
                             uint32_t columns)
{
    for (uint32_t row = 0; row < rows; row++, x += op->pitch, y += op->pitch) {
        const nmcu_layer_norm_factors_t *factors = &op->factors[row];
        for (uint32_t i = 0; i < 4 * columns; i++)
            y[i] = value(x[i], (uint32_t)factors->scale, (uint32_t)factors->offset, &op->channels[i],
                         op->norm_shift, op->shift);
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
