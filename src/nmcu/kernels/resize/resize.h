/* Nearest-neighbour and bilinear resize: an output row at a time, each core its own. */
#ifndef NMCU_RESIZE_H
#define NMCU_RESIZE_H

#include <stdint.h>

#define NMCU_RESIZE_WEIGHT_BITS 11

/* An output row or column lies between two of the input; `weight` of 2^NMCU_RESIZE_WEIGHT_BITS parts are the
 * second's. */
typedef struct {
    int32_t first, second, weight;
} nmcu_resize_place_t;

typedef struct {
    const int8_t *input; /* L2: (height, in_width, channels) */
    int8_t *output;      /* L2: (out_height, out_width, channels) */
    uint32_t in_width, channels;
    uint32_t out_height, out_width;
    const nmcu_resize_place_t *rows;    /* L2: where each output row lies */
    const nmcu_resize_place_t *columns; /* L2 */
    void *columns_copy;                 /* L1 */
    int8_t *staging;                    /* L1: for each core two input rows and an output row */
    uint32_t staging_bytes;             /* of one core */
    uint32_t bilinear;                  /* 0: the first row and column only */
} nmcu_resize_t;

/* Run the layer. Called by all cores. */
void nmcu_resize_run(const nmcu_resize_t *layer);

#endif
