/* Convolution and fully-connected layers: one driver for every block function that reads NHWC input directly. */
#ifndef NMCU_CONV_H
#define NMCU_CONV_H

#include "block.h"
#include "weighted.h"

#define NMCU_CONV_MAX_SEGMENTS 64

/*
 * A fully-connected layer over t tokens is a 1x1 convolution over a map of t rows and one column.
 *
 * A window is kernel_height runs of kernel_width * in_channels contiguous bytes of the padded slab (with a horizontal
 * dilation: one run for each tap), which the block function reads where they lie. Where the runs are short or not
 * aligned, each core copies the windows of some blocks of pixels to words first (an im2col of its own).
 */
typedef struct {
    nmcu_weighted_t weighted; /* a record is a packed group of four output channels */
    nmcu_block_fn *block;
    nmcu_requantize_t requant;
    nmcu_add_parameters_t add; /* with a residual: how it is added to what requant gives */
    uint16_t segments;      /* runs of a window, at most NMCU_CONV_MAX_SEGMENTS; 1 where windows are copied */
    uint16_t segment_words; /* words of a run, the last one perhaps partly behind it */
    uint16_t depth;         /* channels of a window: of a group of the map's channels */
    uint16_t group_records; /* records of the output channels that read the same group */
    uint8_t pixels;         /* pixels of one block: 1, 2 or 4 */
    uint8_t flat; /* 1: consecutive output pixels are consecutive slab pixels over row ends (1x1, stride 1) */
    uint8_t
        whole_blocks; /* 1: the last block of a tile may compute pixels that do not exist: there is room behind */
    uint16_t copied_blocks; /* blocks of pixels whose windows are copied at a time */
    uint16_t window_bytes;  /* from one copy to the next */
    int8_t *windows;        /* L1: copies for each core in turn; null: windows are read where they lie */
    void *copy;             /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_conv_t;

/* Run the layer. Called by all cores. */
void nmcu_conv_run(const nmcu_conv_t *layer);

#endif
