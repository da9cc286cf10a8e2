/* Layer normalisation over rows: exact sums, a fixed-point inverse square root, two multiplications for each value. */
#ifndef NMCU_LAYER_NORM_H
#define NMCU_LAYER_NORM_H

#include "rows.h"

/* Scale and offset of a channel in units of 2^-shift output steps; `beta` less the 2^(shift-1) that rounding adds. */
typedef struct {
    int32_t gamma, beta;
} nmcu_layer_norm_channel_t;

/* In L1. */
typedef struct {
    const nmcu_layer_norm_channel_t *channels;
    uint32_t width; /* channels of a row */
    uint64_t epsilon;
    uint32_t root_shift; /* 42 - bits */
    uint32_t norm_shift;
    uint32_t shift;
} nmcu_layer_norm_parameters_t;

typedef struct {
    nmcu_rows_t rows;
    nmcu_layer_norm_parameters_t norm;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_layer_norm_t;

/* Run the layer. Called by all cores. */
void nmcu_layer_norm_run(const nmcu_layer_norm_t *layer);

/*
 * What the hot loop gets for a row: y = clip((norm * gamma + beta + 2^(shift-1)) >> shift) with
 * norm = (x * scale + offset + 2^(norm_shift-1)) >> norm_shift, modulo 2^32. Assembly bodies rely on the order.
 */
typedef struct {
    const nmcu_layer_norm_channel_t *channels; /*  0 */
    int32_t scale, offset;                     /*  4,  8 */
    uint32_t norm_shift, shift;                /* 12, 16 */
} nmcu_layer_norm_row_t;

/* The hot loops, assembly and portable bodies; `words` >= 1 words of a row. */
void nmcu_layer_norm_words(const nmcu_layer_norm_row_t *row, int8_t *y, const int8_t *x, uint32_t words);
void nmcu_layer_norm_sums(const int8_t *x, uint32_t words, int32_t sums[2]); /* sum, and sum of squares */

#endif
