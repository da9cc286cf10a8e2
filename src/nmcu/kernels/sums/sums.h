/* Convolution and fully-connected layers whose accumulators are the result: int32 for each output. */
#ifndef NMCU_SUMS_H
#define NMCU_SUMS_H

#include "weighted.h"

/*
 * To the tiles a channel is its four bytes of output; a record is the biases of four channels and their weights: for
 * every run of contiguous input and every four of its bytes a word of each channel.
 */
typedef struct {
    nmcu_weighted_t weighted;
    uint16_t runs;      /* of contiguous input in a window: a row of the kernel, or with a dilation a tap */
    uint16_t run_words; /* of a run, the last one perhaps partly behind it */
    void *copy;         /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_sums_t;

/* Run the layer. Called by all cores. */
void nmcu_sums_run(const nmcu_sums_t *layer);

/* The hot loop: `words` (at least 1) words of input, any alignment, times those of four channels, added to `sums`. */
void nmcu_sums_dot(int32_t *sums, const int8_t *x, const int8_t *weights, uint32_t words);

#endif
