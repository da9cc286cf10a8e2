/* The published 1:M kernels (Daghero et al., MLSys 2025): values and packed offsets apart, activations gathered byte by
 * byte from an im2col buffer. In software, and with the xDecimate instruction. */
#ifndef NMCU_PUBLISHED_H
#define NMCU_PUBLISHED_H

#include <stdint.h>

#include "requantize.h"
#include "window.h"

/*
 * What a block function gets: one or two pixels and consecutive output channels. Assembly bodies rely on the order of
 * the members.
 *
 * x         im2col buffer of each pixel: block b of the reduction axis starts at byte M * b
 * y         output byte of the first channel for each pixel
 * weights   packed records, one after the other. One channel:
 *             int32 bias, uint32 offset[], int8 value[entries], int32 multiplier, round, shift
 *           an entry for each block; offsets are 4 bits wide for M = 8 and 16 and 2 for M = 4, the first ones in the low
 *           bits. Two channels (linear with xDecimate): the same, each part of the two channels in turn, word by word
 * steps     words of offsets of a channel (8 or 16 entries each; the last ones may be zeros)
 */
typedef struct {
    const int8_t *x[2];        /*  0 */
    int8_t *y[2];              /*  8 */
    const uint8_t *weights;    /* 16 */
    uint32_t channels;         /* 20: records */
    uint32_t steps;            /* 24 */
    uint32_t m;                /* 28 */
    nmcu_requantize_t requant; /* 32: lo, 36: hi, 40: zero_point, 44: form */
} nmcu_published_block_t;

typedef void nmcu_published_fn(const nmcu_published_block_t *block);

nmcu_published_fn nmcu_published_conv;        /* one channel, two pixels */
nmcu_published_fn nmcu_published_conv_xdec;   /* the same with nm.dec in its paired form */
nmcu_published_fn nmcu_published_linear;      /* one channel, one pixel */
nmcu_published_fn nmcu_published_linear_xdec; /* two channels, one pixel, nm.dec in its paired form */

/* Copy `words` words between any addresses, `to` word-aligned. */
void nmcu_copy_words(int8_t *to, const int8_t *from, unsigned words);

typedef struct {
    nmcu_window_t window;
    nmcu_published_fn *block;
    const uint8_t *weights;   /* L2: packed records */
    void *weight_tile[2];     /* L1 */
    int8_t *im2col;           /* L1: two buffers for each core; not used by one pixel */
    uint32_t im2col_bytes;    /* of one buffer */
    uint32_t record_bytes;
    nmcu_requantize_t requant;
    uint16_t steps;
    uint16_t tap_bytes;       /* channels of a tap, filled up to whole blocks */
    uint8_t m;
    uint8_t pixels;           /* 2, or 1 for a fully-connected layer of one token */
    uint8_t record_channels;  /* output channels of a record: 1 or 2 */
    uint8_t flat;
} nmcu_published_t;

/* Run the layer. Called by all cores. */
void nmcu_published_run(const nmcu_published_t *layer);

#endif
