/* Element-wise maximum or minimum of two tensors. */
#ifndef NMCU_EXTREMUM_H
#define NMCU_EXTREMUM_H

#include "elementwise.h"

typedef struct {
    nmcu_elementwise_t map;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_extremum_t;

/* Run the layer. Called by all cores. */
void nmcu_extremum_run(const nmcu_extremum_t *layer);

/* The hot loops, portable only: one of them is the layer's. */
nmcu_elementwise_fn nmcu_maximum_words, nmcu_minimum_words;

#endif
