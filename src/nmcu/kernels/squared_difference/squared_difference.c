#include "squared_difference.h"

#include "layer.h"

#define LIMIT 32767 /* of a difference, whose square is 32 bits */

static void squares(const nmcu_squared_difference_parameters_t *op, const nmcu_requantize_t *how, int8_t *y,
                    const int8_t *a, const int8_t *b, uint32_t bytes)
{
    const uint32_t factor_a = (uint32_t)op->multiplier_a, factor_b = (uint32_t)op->multiplier_b;
    const uint32_t start = (uint32_t)op->difference_round;
    const int32_t multiplier = op->multiplier, round = op->round, shift = op->shift;

    for (uint32_t i = 0; i < bytes; i++) {
        const uint32_t sum = (uint32_t)a[i] * factor_a - (uint32_t)b[i] * factor_b + start;
        int32_t difference = (int32_t)sum >> op->difference_shift;
        difference = difference < -LIMIT ? -LIMIT : difference > LIMIT ? LIMIT : difference;
        y[i] = nmcu_requantize(how, difference * difference, multiplier, round, shift);
    }
}

/* A loop of its own for each form of requantisation. */
void nmcu_squared_difference_words(const void *op, int8_t *y, const int8_t *a, const int8_t *b,
                                   uint32_t words)
{
    const nmcu_squared_difference_parameters_t *square = op;
    nmcu_requantize_t how = square->requant;

    if (how.form == NMCU_NARROW) {
        how.form = NMCU_NARROW;
        squares(square, &how, y, a, b, 4 * words);
    } else if (how.form == NMCU_WIDE) {
        how.form = NMCU_WIDE;
        squares(square, &how, y, a, b, 4 * words);
    } else {
        how.form = NMCU_MIXED;
        squares(square, &how, y, a, b, 4 * words);
    }
}

void nmcu_squared_difference_run(const nmcu_squared_difference_t *layer)
{
    nmcu_squared_difference_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_squared_difference_t, copy, layer);
    nmcu_elementwise_run(&copy->map, &copy->square);
}
