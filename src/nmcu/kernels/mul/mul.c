#include "mul.h"

#include "layer.h"

static void multiply(const nmcu_mul_parameters_t *mul, const nmcu_requantize_t *how, int8_t *y,
                     const int8_t *a, const int8_t *b, uint32_t bytes)
{
    const int32_t zero_a = mul->zero_point_a, zero_b = mul->zero_point_b;
    const int32_t multiplier = mul->multiplier, round = mul->round, shift = mul->shift;

    for (uint32_t i = 0; i < bytes; i++)
        y[i] = nmcu_requantize(how, (a[i] - zero_a) * (b[i] - zero_b), multiplier, round, shift);
}

/* A loop of its own for each form of requantisation. */
void nmcu_mul_words(const void *op, int8_t *y, const int8_t *a, const int8_t *b, uint32_t words)
{
    const nmcu_mul_parameters_t *mul = op;
    nmcu_requantize_t how = mul->requant;

    if (how.form == NMCU_NARROW) {
        how.form = NMCU_NARROW;
        multiply(mul, &how, y, a, b, 4 * words);
    } else if (how.form == NMCU_WIDE) {
        how.form = NMCU_WIDE;
        multiply(mul, &how, y, a, b, 4 * words);
    } else {
        how.form = NMCU_FULL;
        multiply(mul, &how, y, a, b, 4 * words);
    }
}

void nmcu_mul_run(const nmcu_mul_t *layer)
{
    nmcu_mul_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_mul_t, copy, layer);
    nmcu_elementwise_run(&copy->map, &copy->mul);
}
