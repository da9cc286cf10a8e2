/* Square of the difference of two tensors. */
#ifndef NMCU_SQUARED_DIFFERENCE_H
#define NMCU_SQUARED_DIFFERENCE_H

#include "elementwise.h"
#include "requantize.h"

/* d = (a * multiplier_a - b * multiplier_b + difference_round) >> difference_shift, of at most 15 bits, then d * d
 * requantised. */
typedef struct {
    int32_t multiplier_a, multiplier_b;
    int32_t difference_round, difference_shift; /* the zero points are in it */
    int32_t multiplier, round, shift;
    nmcu_requantize_t requant;
} nmcu_squared_difference_parameters_t;

typedef struct {
    nmcu_elementwise_t map;
    nmcu_squared_difference_parameters_t square;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_squared_difference_t;

/* Run the layer. Called by all cores. */
void nmcu_squared_difference_run(const nmcu_squared_difference_t *layer);

/* The hot loop, portable only. `op` is an nmcu_squared_difference_parameters_t. */
nmcu_elementwise_fn nmcu_squared_difference_words;

#endif
