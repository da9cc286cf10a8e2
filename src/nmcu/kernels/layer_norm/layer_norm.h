/* Layer normalisation over rows: exact sums, a fixed-point inverse square root, two multiplications for each value. */
#ifndef NMCU_LAYER_NORM_H
#define NMCU_LAYER_NORM_H

#include "layer_norm_layouts.h"
#include "rows.h"

/* In L1. */
typedef struct {
    const nmcu_layer_norm_channel_t *channels;
    uint32_t width;  /* values of a row */
    uint32_t repeat; /* neighbouring ones that are of one channel */
    uint32_t step;   /* channels from a row's first to the next row's: 0 where all rows have the same */
    uint32_t
        centred; /* where not, `middle`, the zero point times the width, is taken off instead of the sum */
    int32_t middle;
    uint64_t epsilon;
    uint32_t root_shift; /* 42 - bits */
    uint32_t norm_shift;
    uint32_t shift;
    nmcu_layer_norm_factors_t *factors; /* for each row of a tile; null: rows are not walked by columns */
} nmcu_layer_norm_parameters_t;

typedef struct {
    nmcu_rows_t rows;
    nmcu_layer_norm_parameters_t norm;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_layer_norm_t;

/* Run the layer. Called by all cores. */
void nmcu_layer_norm_run(const nmcu_layer_norm_t *layer);

/* The hot loops, assembly and portable bodies; `words` >= 1 words of a row, or `columns` >= 1 words of
 * each of `rows` >= 1 rows. */
void nmcu_layer_norm_words(const nmcu_layer_norm_row_t *row, int8_t *y, const int8_t *x, uint32_t words);
void nmcu_layer_norm_columns(const nmcu_layer_norm_columns_t *op, int8_t *y, const int8_t *x, uint32_t rows,
                             uint32_t columns);
void nmcu_layer_norm_sums(const int8_t *x, uint32_t words, int32_t sums[2]); /* sum, and sum of squares */

#endif
