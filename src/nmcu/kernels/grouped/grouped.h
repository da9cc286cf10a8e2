/* Grouped convolution: an output channel sees the input channels of its group only. */
#ifndef NMCU_GROUPED_H
#define NMCU_GROUPED_H

#include "requantize.h"
#include "weighted.h"

/* One output channel as the constants hold it; `weights` are (kernel_height, kernel_width, depth). */
typedef struct {
    int32_t bias, multiplier, round, shift;
    int8_t weights[];
} nmcu_grouped_channel_t;

typedef struct {
    nmcu_weighted_t weighted; /* a record is an nmcu_grouped_channel_t */
    uint16_t depth;           /* input channels of a group */
    uint16_t channels;        /* output channels of a group */
    nmcu_requantize_t requant;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_grouped_t;

/* Run the layer. Called by all cores. */
void nmcu_grouped_run(const nmcu_grouped_t *layer);

#endif
