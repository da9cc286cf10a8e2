/* Product of two tensors:
 * y = clamp(((a - zero_point_a) * (b - zero_point_b) * multiplier + round) >> shift, lo, hi). */
#ifndef NMCU_MUL_H
#define NMCU_MUL_H

#include "elementwise.h"
#include "mul_layouts.h"

typedef struct {
    nmcu_elementwise_t map;
    nmcu_mul_parameters_t mul;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_mul_t;

/* Run the layer. Called by all cores. */
void nmcu_mul_run(const nmcu_mul_t *layer);

/* The hot loop: an assembly and a portable body. `op` is an nmcu_mul_parameters_t. */
nmcu_elementwise_fn nmcu_mul_words;

#endif
