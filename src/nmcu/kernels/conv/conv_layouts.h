/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_CONV_LAYOUTS_H
#define NMCU_CONV_LAYOUTS_H

#include "common_layouts.h"

#ifdef __ASSEMBLER__

/* nmcu_block_t */
#define BLOCK_X 0
#define BLOCK_Y 16
#define BLOCK_WEIGHTS 32
#define BLOCK_GROUPS 36
#define BLOCK_SEGMENTS 40
#define BLOCK_SEGMENT_WORDS 44
#define BLOCK_JUMPS 48
#define BLOCK_LO 52
#define BLOCK_HI 56
#define BLOCK_ZERO_POINT 60
#define BLOCK_FORM 64
#define BLOCK_SIZE 68

#else

#include <stddef.h>
#include <stdint.h>

/*
 * What a block function gets. It computes `groups` consecutive groups of four output channels for up to four pixels,
 * requantises and writes four int8 per pixel and group.
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
    nmcu_requantize_t requant; /* 52 */
} nmcu_block_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_block_t, x) == 0, "nmcu_block_t.x");
_Static_assert(offsetof(nmcu_block_t, y) == 16, "nmcu_block_t.y");
_Static_assert(offsetof(nmcu_block_t, weights) == 32, "nmcu_block_t.weights");
_Static_assert(offsetof(nmcu_block_t, groups) == 36, "nmcu_block_t.groups");
_Static_assert(offsetof(nmcu_block_t, segments) == 40, "nmcu_block_t.segments");
_Static_assert(offsetof(nmcu_block_t, segment_words) == 44, "nmcu_block_t.segment_words");
_Static_assert(offsetof(nmcu_block_t, jumps) == 48, "nmcu_block_t.jumps");
_Static_assert(offsetof(nmcu_block_t, requant) == 52, "nmcu_block_t.requant");
_Static_assert(sizeof(nmcu_block_t) == 68, "nmcu_block_t");
#endif

#endif

#endif
