/* The sum of two int8 numbers, and what kernels make of their results before they store them. */
#ifndef NMCU_SUM_H
#define NMCU_SUM_H

#include "common_layouts.h"

/* a * multiplier_a + b * multiplier_b, rounded, shifted and clamped. */
static inline int8_t nmcu_sum(const nmcu_add_parameters_t *add, int32_t a, int32_t b)
{
    const int32_t sum = (a * add->multiplier_a + b * add->multiplier_b + add->round) >> add->shift;
    return (int8_t)(sum < add->lo ? add->lo : sum > add->hi ? add->hi : sum);
}

/* What a kernel writes to `y`: its result, or, where `add` is not null, the sum of that and the residual, which lies
 * `residual` bytes behind y, or, where `table` is not null, what this has at the result. */
static inline int8_t nmcu_finished(const nmcu_add_parameters_t *add, intptr_t residual, const int8_t *table,
                                   const int8_t *y, int32_t result)
{
    if (table) return table[result];
    return add ? nmcu_sum(add, result, *(const int8_t *)((intptr_t)y + residual)) : (int8_t)result;
}

#endif
