/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_CONV_LAYOUTS_H
#define NMCU_CONV_LAYOUTS_H

#include "common_layouts.h"

#ifdef __ASSEMBLER__

/* nmcu_block_t */
#define BLOCK_X 0
#define BLOCK_X_STEP 16
#define BLOCK_Y 20
#define BLOCK_Y_PITCH 24
#define BLOCK_WEIGHTS 28
#define BLOCK_GROUPS 32
#define BLOCK_BLOCKS 36
#define BLOCK_SEGMENTS 40
#define BLOCK_SEGMENT_WORDS 44
#define BLOCK_JUMPS 48
#define BLOCK_LO 52
#define BLOCK_HI 56
#define BLOCK_ZERO_POINT 60
#define BLOCK_FORM 64
#define BLOCK_ADD 68
#define BLOCK_RESIDUAL 72
#define BLOCK_TABLE 76
#define BLOCK_SINGLE 80
#define BLOCK_SIZE 84

/* nmcu_group4_t */
#define GROUP4_BIAS 0
#define GROUP4_MULTIPLIER 16
#define GROUP4_ROUND 32
#define GROUP4_SHIFT 48
#define GROUP4_START 64
#define GROUP4_HIGH 80
#define GROUP4_LOW 96
#define GROUP4_LOW_START 104
#define GROUP4_SPLIT 112
#define GROUP4_SIZE 116

/* nmcu_windows_t */
#define WINDOWS_FROM 0
#define WINDOWS_FROM_STEP 4
#define WINDOWS_TO 8
#define WINDOWS_TO_STEP 12
#define WINDOWS_PIXELS 16
#define WINDOWS_RUNS 20
#define WINDOWS_RUN_BYTES 24
#define WINDOWS_RUN_WORDS 28
#define WINDOWS_ROW_BYTES 32
#define WINDOWS_SIZE 36

#else

#include <stddef.h>
#include <stdint.h>

/*
 * What a block function gets. It computes `groups` consecutive groups of four output channels for `blocks` consecutive
 * blocks of up to four pixels each, requantises and writes four int8 per pixel and group. x, y and blocks are used up.
 *
 * x         first input byte of the window of each pixel of the first block, in L1, any alignment
 * x_step    bytes from a block's windows to the next one's
 * y         first output byte of the first pixel; a group's four channels are one word
 * y_pitch   bytes from a pixel's output to the next one's, blocks following each other
 * weights   packed groups: nmcu_channels4_t (of nmcu_dense_4x4: nmcu_group4_t), then for every segment and every four
 *           consecutive positions of the reduction axis one word for each of the four channels
 * segments  runs of contiguous input bytes that make up a window, `segment_words` words each (the weights of the last
 *           word are padded with zeros, so bytes behind a run may be anything)
 * jumps     for each segment, what brings the input pointers from its end to the next one's start; the last one brings
 *           them back to the first
 * add       null, or how a residual is added to the results (`multiplier_a`), which are as requant says before: in the
 *           mixed form, the only one there is with a residual, and of nmcu_dense_4x4 alone
 * residual  bytes from an output to its residual (`multiplier_b`)
 * table     of functions that look their results up, which are all of int8 before: the entry of 0
 * single    1: only the first pixel of the only block, whose windows are one segment, is wanted: the other results may
 *           be anything
 */
typedef struct {
    const int8_t *x[4];               /*  0 */
    uint32_t x_step;                  /* 16 */
    int8_t *y;                        /* 20 */
    uint32_t y_pitch;                 /* 24 */
    const uint8_t *weights;           /* 28 */
    uint32_t groups;                  /* 32 */
    uint32_t blocks;                  /* 36 */
    uint32_t segments;                /* 40 */
    uint32_t segment_words;           /* 44 */
    const int32_t *jumps;             /* 48 */
    nmcu_requantize_t requant;        /* 52 */
    const nmcu_add_parameters_t *add; /* 68 */
    intptr_t residual;                /* 72 */
    const int8_t *table;              /* 76 */
    uint32_t single;                  /* 80 */
} nmcu_block_t;

/*
 * What the packed groups of nmcu_dense_4x4 begin with: an nmcu_channels4_t, then the same for accumulators that started
 * from 0, with products of two parts: with `part = (accumulator * low + low_start) >> 9` results are
 * `(accumulator * high + part + start) >> split`, as a product of more than 32 bits, its bias and its rounding give.
 *
 * split  the last shift; 0: the layer is in the narrow form; less than 0: the shift less 64 where results are clamped
 *        to less than int8, less 128 with residuals, -64 where products of these channels cannot be split
 */
typedef struct {
    int32_t bias[4];       /*  0 */
    int32_t multiplier[4]; /* 16 */
    int32_t round[4];      /* 32: in the mixed form: limit */
    int32_t shift[4];      /* 48 */
    int32_t start[4];      /* 64 */
    int32_t high[4];       /* 80 */
    int16_t low[4];        /* 96 */
    uint16_t low_start[4]; /* 104 */
    int32_t split;         /* 112 */
} nmcu_group4_t;

/*
 * Windows of pixels in a row that are copied to words: of each, `runs` runs of contiguous bytes follow one another.
 *
 * from       first byte of the first window, any alignment
 * from_step  bytes from a window to the next one
 * to         where the first window goes; aligned
 * to_step    bytes from a copy to the next one, a multiple of 4; a run's last word may be partly behind it, so at least
 *            (runs - 1) * run_bytes + 4 * run_words
 * run_words  words that hold a run
 * row_bytes  from a run to the next one
 */
typedef struct {
    const int8_t *from; /*  0 */
    uint32_t from_step; /*  4 */
    int8_t *to;         /*  8 */
    uint32_t to_step;   /* 12 */
    uint32_t pixels;    /* 16 */
    uint32_t runs;      /* 20 */
    uint32_t run_bytes; /* 24 */
    uint32_t run_words; /* 28 */
    uint32_t row_bytes; /* 32 */
} nmcu_windows_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_block_t, x) == 0, "nmcu_block_t.x");
_Static_assert(offsetof(nmcu_block_t, x_step) == 16, "nmcu_block_t.x_step");
_Static_assert(offsetof(nmcu_block_t, y) == 20, "nmcu_block_t.y");
_Static_assert(offsetof(nmcu_block_t, y_pitch) == 24, "nmcu_block_t.y_pitch");
_Static_assert(offsetof(nmcu_block_t, weights) == 28, "nmcu_block_t.weights");
_Static_assert(offsetof(nmcu_block_t, groups) == 32, "nmcu_block_t.groups");
_Static_assert(offsetof(nmcu_block_t, blocks) == 36, "nmcu_block_t.blocks");
_Static_assert(offsetof(nmcu_block_t, segments) == 40, "nmcu_block_t.segments");
_Static_assert(offsetof(nmcu_block_t, segment_words) == 44, "nmcu_block_t.segment_words");
_Static_assert(offsetof(nmcu_block_t, jumps) == 48, "nmcu_block_t.jumps");
_Static_assert(offsetof(nmcu_block_t, requant) == 52, "nmcu_block_t.requant");
_Static_assert(offsetof(nmcu_block_t, add) == 68, "nmcu_block_t.add");
_Static_assert(offsetof(nmcu_block_t, residual) == 72, "nmcu_block_t.residual");
_Static_assert(offsetof(nmcu_block_t, table) == 76, "nmcu_block_t.table");
_Static_assert(offsetof(nmcu_block_t, single) == 80, "nmcu_block_t.single");
_Static_assert(sizeof(nmcu_block_t) == 84, "nmcu_block_t");
_Static_assert(offsetof(nmcu_group4_t, bias) == 0, "nmcu_group4_t.bias");
_Static_assert(offsetof(nmcu_group4_t, multiplier) == 16, "nmcu_group4_t.multiplier");
_Static_assert(offsetof(nmcu_group4_t, round) == 32, "nmcu_group4_t.round");
_Static_assert(offsetof(nmcu_group4_t, shift) == 48, "nmcu_group4_t.shift");
_Static_assert(offsetof(nmcu_group4_t, start) == 64, "nmcu_group4_t.start");
_Static_assert(offsetof(nmcu_group4_t, high) == 80, "nmcu_group4_t.high");
_Static_assert(offsetof(nmcu_group4_t, low) == 96, "nmcu_group4_t.low");
_Static_assert(offsetof(nmcu_group4_t, low_start) == 104, "nmcu_group4_t.low_start");
_Static_assert(offsetof(nmcu_group4_t, split) == 112, "nmcu_group4_t.split");
_Static_assert(sizeof(nmcu_group4_t) == 116, "nmcu_group4_t");
_Static_assert(offsetof(nmcu_windows_t, from) == 0, "nmcu_windows_t.from");
_Static_assert(offsetof(nmcu_windows_t, from_step) == 4, "nmcu_windows_t.from_step");
_Static_assert(offsetof(nmcu_windows_t, to) == 8, "nmcu_windows_t.to");
_Static_assert(offsetof(nmcu_windows_t, to_step) == 12, "nmcu_windows_t.to_step");
_Static_assert(offsetof(nmcu_windows_t, pixels) == 16, "nmcu_windows_t.pixels");
_Static_assert(offsetof(nmcu_windows_t, runs) == 20, "nmcu_windows_t.runs");
_Static_assert(offsetof(nmcu_windows_t, run_bytes) == 24, "nmcu_windows_t.run_bytes");
_Static_assert(offsetof(nmcu_windows_t, run_words) == 28, "nmcu_windows_t.run_words");
_Static_assert(offsetof(nmcu_windows_t, row_bytes) == 32, "nmcu_windows_t.row_bytes");
_Static_assert(sizeof(nmcu_windows_t) == 36, "nmcu_windows_t");
#endif

#endif

#endif
