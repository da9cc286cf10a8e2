#include "div.h"

#include "layer.h"

void nmcu_div_words(const void *op, int8_t *y, const int8_t *a, const int8_t *b, uint32_t words)
{
    const nmcu_div_parameters_t *div = op;
    const int32_t *const reciprocals = div->reciprocals + 128;
    const int32_t zero_a = div->zero_point_a, zero = div->zero_point, lo = div->lo, hi = div->hi;

    for (uint32_t i = 0; i < 4 * words; i++) {
        const int32_t reciprocal = reciprocals[b[i]], shift = reciprocal & 31;
        const int32_t product = (a[i] - zero_a) * (reciprocal >> 5);
        const int32_t value = zero + ((product + (1 << (shift - 1))) >> shift);
        y[i] = (int8_t)(value < lo ? lo : value > hi ? hi : value);
    }
}

void nmcu_div_run(const nmcu_div_t *layer)
{
    nmcu_div_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_div_t, copy, layer);
    nmcu_elementwise_run(&copy->map, &copy->div);
}
