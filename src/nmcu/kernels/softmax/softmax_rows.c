#include "softmax.h"

void nmcu_softmax_rows(const void *parameters, int8_t *y, const int8_t *x, uint32_t rows, uint32_t first)
{
    const nmcu_softmax_parameters_t *op = parameters;
    const uint32_t *exponential = op->tables, *numerator = op->tables + 256;
    (void)first;

    for (; rows > 0; rows--, x += op->width, y += op->width) {
        uint32_t total = 0;
        int top = -128;
        for (uint32_t i = 0; i < op->width; i++)
            top = x[i] > top ? x[i] : top;
        for (uint32_t i = 0; i < op->width; i++)
            total += exponential[255 - top + x[i]];
        for (uint32_t i = 0; i < op->width; i++) {
            const uint32_t share = (numerator[255 - top + x[i]] + (total >> 1)) / total;
            const int32_t value = op->zero_point + (int32_t)share;
            y[i] = (int8_t)(value > 127 ? 127 : value);
        }
    }
}
