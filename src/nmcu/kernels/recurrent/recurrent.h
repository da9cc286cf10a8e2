/* Recurrent layers: the driver that walks a sequence, step by step, and the steps of each kind. */
#ifndef NMCU_RECURRENT_H
#define NMCU_RECURRENT_H

#include <stdint.h>

#include "matrix.h"
#include "nmcu_hal.h"
#include "rescale.h"

typedef struct nmcu_recurrent nmcu_recurrent_t;

/* What follows the products in a step: from `before`, the hidden state, to `after`. Called by all cores, after a
 * barrier. */
typedef void nmcu_step_fn(const nmcu_recurrent_t *layer, const int8_t *before, int8_t *after, unsigned core);

/* What precedes the first step: the hidden state is in L1. Called by all cores. */
typedef void nmcu_begin_fn(const nmcu_recurrent_t *layer, unsigned core);

/*
 * For each of `steps` rows of x: gates = W x and, added to them or behind them, R h; then `step`, whose hidden state is
 * the row of y. Rows of W and R lie in L1 for the whole layer, or come tile by tile in every step.
 */
struct nmcu_recurrent {
    const int8_t *x;      /* L2: (steps, inputs) */
    int8_t *y;            /* L2: (steps, outputs) */
    const int8_t *hidden; /* L2: states before the first step and after the last */
    int8_t *hidden_after;
    const int16_t *cell; /* null: there is none */
    int16_t *cell_after;
    nmcu_matrix_t input, recurrent;
    nmcu_matrix_t inner; /* projection; of one tile; no records: there is none */
    uint32_t steps, inputs, outputs, cells;
    uint16_t quads, tile_quads, tiles; /* of W and R */
    uint16_t inner_quads;
    uint8_t reverse;
    uint8_t apart;     /* 1: the rows of R lie behind those of W */
    int8_t *x_tile[2]; /* L1 */
    int8_t *hidden_tile[2];
    int16_t *gates;
    int16_t *state;        /* the cell's */
    int8_t *scratch;       /* what is multiplied by `inner` */
    int16_t *result;       /* and its rows */
    const void *constants; /* L2: more of `step`'s */
    void *constants_copy;
    uint32_t constant_bytes;
    nmcu_begin_fn *begin; /* may be null */
    nmcu_step_fn *step;
    void *copy;                /* L1: of this */
    nmcu_rescale_t rescale[4]; /* step's: of the hidden state, and of three more */
    int32_t parameters[6];     /* step's */
};

/* Run the layer. Called by all cores. */
void nmcu_recurrent_run(const nmcu_recurrent_t *layer);

/* The share of this core in the rows of a matrix, `quads` quads from `first` on. */
void nmcu_matrix_run(const nmcu_matrix_t *matrix, const uint8_t *records, const int8_t *x, int16_t *y,
                     unsigned quads, int32_t keep, unsigned core);

nmcu_begin_fn nmcu_gru_begin;
nmcu_step_fn nmcu_gru_step;
nmcu_step_fn nmcu_lstm_step;
nmcu_step_fn nmcu_svdf_step;

#endif
