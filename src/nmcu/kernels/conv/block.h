/* The hot loop of a convolution: some pixels times groups of four output channels. */
#ifndef NMCU_CONV_BLOCK_H
#define NMCU_CONV_BLOCK_H

#include <stdint.h>

#include "requantize.h"

/*
 * What a block function gets. It computes `groups` consecutive groups of four output channels for up to four pixels,
 * requantises and writes four int8 per pixel and group. Assembly bodies rely on the order of the members.
 *
 * x         first input byte of each pixel's window, in L1, any alignment
 * y         first output byte of each pixel; a group's four channels are one word
 * weights   packed groups: nmcu_channels4_t, then for every segment and every four consecutive positions of the
 *           reduction axis one word for each of the four channels
 * segments  runs of contiguous input bytes that make up a window, `segment_words` words each (the weights of the last
 *           word are padded with zeros, so bytes behind a run may be anything)
 * jumps     for each segment, what brings the input pointers from its end to the next one's start; the last one brings
 *           them back to the first
 */
typedef struct {
    const int8_t *x[4];        /*  0 */
    int8_t *y[4];              /* 16 */
    const uint8_t *weights;    /* 32 */
    uint32_t groups;           /* 36 */
    uint32_t segments;         /* 40 */
    uint32_t segment_words;    /* 44 */
    const int32_t *jumps;      /* 48 */
    nmcu_requantize_t requant; /* 52: lo, 56: hi, 60: zero_point, 64: form */
} nmcu_block_t;

typedef void nmcu_block_fn(const nmcu_block_t *block);

#endif
