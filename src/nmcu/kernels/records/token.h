/* Fully-connected layers of a single token whose weights are records: the driver of byte gathers and of the published
 * linear kernels. */
#ifndef NMCU_TOKEN_H
#define NMCU_TOKEN_H

#include "records.h"

/*
 * Weights are read once, so their way to L1 counts as much as the products. Each core has a run of consecutive records,
 * brings it itself, part by part, one while it computes the one before, and waits for no other core until all are done.
 */
typedef struct {
    const int8_t *input;    /* L2 */
    int8_t *output;         /* L2 */
    int8_t *x, *y;          /* L1: their copies; null: they are used where they lie */
    const uint8_t *weights; /* L2: the records of all channels */
    void *parts[2];         /* L1: a part for each core; null: records are read where they lie */
    nmcu_records_fn *block;
    nmcu_requantize_t requant;
    uint32_t record_bytes;
    uint16_t inputs, channels;
    uint16_t part; /* records of a core's part */
    uint16_t steps;
    uint8_t cores; /* that have records: all, or as many as L1 has room for */
    uint8_t m;
    uint8_t record_shift; /* a record holds 2^record_shift channels, the last one maybe fewer */
    void *copy;           /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_token_t;

/* Run the layer. Called by all cores. */
void nmcu_token_run(const nmcu_token_t *layer);

#endif
