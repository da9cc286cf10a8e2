/* Quotient of two tensors, the divisors' reciprocals in a table. */
#ifndef NMCU_DIV_H
#define NMCU_DIV_H

#include "elementwise.h"

typedef struct {
    const int32_t *reciprocals; /* of each code of the divisor, -128 first: multiplier * 32 + shift */
    int32_t zero_point_a, zero_point;
    int32_t lo, hi;
} nmcu_div_parameters_t;

typedef struct {
    nmcu_elementwise_t map;
    nmcu_div_parameters_t div;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_div_t;

/* Run the layer. Called by all cores. */
void nmcu_div_run(const nmcu_div_t *layer);

/* The hot loop, portable only. `op` is an nmcu_div_parameters_t. */
nmcu_elementwise_fn nmcu_div_words;

#endif
