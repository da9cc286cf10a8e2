#include "add.h"

void nmcu_add_words(const void *op, int8_t *y, const int8_t *a, const int8_t *b, uint32_t words)
{
    const nmcu_add_parameters_t add = *(const nmcu_add_parameters_t *)op;

    for (uint32_t i = 0; i < 4 * words; i++) {
        const int32_t sum = (a[i] * add.multiplier_a + b[i] * add.multiplier_b + add.round) >> add.shift;
        y[i] = (int8_t)(sum < add.lo ? add.lo : sum > add.hi ? add.hi : sum);
    }
}
