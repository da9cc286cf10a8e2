#include "log_softmax.h"

#include "layer.h"

static int32_t clamp(int64_t y)
{
    return y < -128 ? -128 : y > 127 ? 127 : (int32_t)y;
}

static void log_softmax(const void *op, int8_t *y, const int8_t *x, uint32_t rows, uint32_t first)
{
    const nmcu_log_softmax_t *layer = op;
    const uint32_t *exponential = layer->rows.constants_copy;
    const int32_t *distance = (const int32_t *)layer->rows.constants_copy + 256;
    const int32_t *mantissa = distance + 256;
    const uint32_t count = layer->rows.in_bytes;
    (void)first;

    for (uint32_t row = 0; row < rows; row++, x += count, y += count) {
        int32_t top = -128, k = 0;
        uint32_t total = 0;
        for (uint32_t i = 0; i < count; i++)
            top = x[i] > top ? x[i] : top;
        for (uint32_t i = 0; i < count; i++)
            total += exponential[top - x[i]];
        while (total >> k > 1)
            k++;
        const uint32_t m = (k >= 8 ? total >> (k - 8) : total << (8 - k)) & 255;
        const int64_t logarithm = (int64_t)(k - layer->fraction_bits) * layer->octave + mantissa[m];
        for (uint32_t i = 0; i < count; i++) {
            const int64_t value = distance[top - x[i]] + logarithm + ((int64_t)1 << (layer->shift - 1));
            y[i] = (int8_t)clamp(layer->zero_point - (value >> layer->shift));
        }
    }
}

void nmcu_log_softmax_run(const nmcu_log_softmax_t *layer)
{
    nmcu_log_softmax_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_log_softmax_t, copy, layer);
    nmcu_rows_run(&copy->rows, log_softmax, copy);
}
