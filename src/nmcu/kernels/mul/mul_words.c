#include "mul.h"

void nmcu_mul_words(const void *op, int8_t *y, const int8_t *a, const int8_t *b, uint32_t words)
{
    const nmcu_mul_parameters_t mul = *(const nmcu_mul_parameters_t *)op;

    for (uint32_t i = 0; i < 4 * words; i++) {
        const int32_t product = (a[i] - mul.zero_point_a) * (b[i] - mul.zero_point_b);
        const int32_t scaled = (product * mul.multiplier + mul.round) >> mul.shift;
        y[i] = (int8_t)(scaled < mul.lo ? mul.lo : scaled > mul.hi ? mul.hi : scaled);
    }
}
