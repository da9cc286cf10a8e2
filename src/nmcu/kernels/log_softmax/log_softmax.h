/* Logarithm of softmax over the rows of a matrix, in integers. */
#ifndef NMCU_LOG_SOFTMAX_H
#define NMCU_LOG_SOFTMAX_H

#include "rows.h"

/* The constants are three tables of 256 words: exponentials and distances by distance from the row's maximum, and
 * logarithms of mantissas. */
typedef struct {
    nmcu_rows_t rows;
    int32_t zero_point, fraction_bits, octave, shift;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_log_softmax_t;

/* Run the layer. Called by all cores. */
void nmcu_log_softmax_run(const nmcu_log_softmax_t *layer);

#endif
