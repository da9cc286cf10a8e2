/* Index of the largest value of each row. */
#ifndef NMCU_ARG_MAX_H
#define NMCU_ARG_MAX_H

#include "rows.h"

typedef struct {
    nmcu_rows_t rows;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_arg_max_t;

/* Run the layer. Called by all cores. */
void nmcu_arg_max_run(const nmcu_arg_max_t *layer);

#endif
