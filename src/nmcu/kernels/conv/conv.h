/* Convolution and fully-connected layers: one driver for every block function that reads NHWC input directly. */
#ifndef NMCU_CONV_H
#define NMCU_CONV_H

#include "block.h"
#include "weighted.h"

#define NMCU_CONV_MAX_SEGMENTS 64

/*
 * A fully-connected layer over t tokens is a 1x1 convolution over a map of t rows and one column.
 *
 * There is no im2col: a window is kernel_height runs of kernel_width * in_channels contiguous bytes of the padded slab
 * (with a horizontal dilation: one run for each tap), which the block function reads where they lie.
 */
typedef struct {
    nmcu_weighted_t weighted; /* a record is a packed group of four output channels */
    nmcu_block_fn *block;
    nmcu_requantize_t requant;
    uint16_t segments;      /* runs of a window, at most NMCU_CONV_MAX_SEGMENTS */
    uint16_t segment_words; /* words of a run, the last one perhaps partly behind it */
    uint8_t pixels;         /* pixels of one block: 1, 2 or 4 */
    uint8_t flat; /* 1: consecutive output pixels are consecutive slab pixels over row ends (1x1, stride 1) */
} nmcu_conv_t;

/* Run the layer. Called by all cores. */
void nmcu_conv_run(const nmcu_conv_t *layer);

#endif
