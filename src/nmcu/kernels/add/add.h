/* Sum or difference of two tensors: y = clamp((a * multiplier_a + b * multiplier_b + round) >> shift, lo, hi). */
#ifndef NMCU_ADD_H
#define NMCU_ADD_H

#include "common_layouts.h"
#include "elementwise.h"

typedef struct {
    nmcu_elementwise_t map;
    nmcu_add_parameters_t add;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_add_t;

/* Run the layer. Called by all cores. */
void nmcu_add_run(const nmcu_add_t *layer);

/* The hot loop: an assembly and a portable body. `op` is an nmcu_add_parameters_t. */
nmcu_elementwise_fn nmcu_add_words;

#endif
