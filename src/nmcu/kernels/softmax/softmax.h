/* Softmax over rows: two tables and one reciprocal for each row. */
#ifndef NMCU_SOFTMAX_H
#define NMCU_SOFTMAX_H

#include "rows.h"
#include "softmax_layouts.h"

typedef struct {
    nmcu_rows_t rows;
    nmcu_softmax_parameters_t softmax;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_softmax_t;

/* Run the layer. Called by all cores. */
void nmcu_softmax_run(const nmcu_softmax_t *layer);

/* The hot loop, an assembly and a portable body. `op` is an nmcu_softmax_parameters_t. */
nmcu_rows_fn nmcu_softmax_rows;

#endif
