/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_ATTENTION_LAYOUTS_H
#define NMCU_ATTENTION_LAYOUTS_H

#include "common_layouts.h"

#ifdef __ASSEMBLER__

/* nmcu_product_block_t */
#define PRODUCT_X 0
#define PRODUCT_X_PITCH 4
#define PRODUCT_Y 8
#define PRODUCT_Y_PITCH 12
#define PRODUCT_PACKED 16
#define PRODUCT_GROUPS 20
#define PRODUCT_WORDS 24
#define PRODUCT_STARTS 28
#define PRODUCT_START 32
#define PRODUCT_MULTIPLIER 48
#define PRODUCT_ROUND 52
#define PRODUCT_SHIFT 56
#define PRODUCT_CLAMPED 60
#define PRODUCT_LO 64
#define PRODUCT_HI 68
#define PRODUCT_ZERO_POINT 72
#define PRODUCT_FORM 76
#define PRODUCT_SIZE 80

#else

#include <stddef.h>
#include <stdint.h>

/*
 * What a block function gets: `groups` consecutive groups of four outputs for four rows of x, or for one.
 *
 * x        first byte of the first row, in L1; rows are word-aligned
 * y        first output byte of the first row; a group's four outputs are one word
 * packed   groups: four int32 that start the accumulators, then for every four consecutive positions of the reduction
 *          one word for each of the four outputs
 * words    of the reduction
 * starts   what accumulators start with: NMCU_NOTHING_STARTS, ... (product.h)
 * start    what each row adds to its accumulators
 * clamped  results are limited to requant's `lo` and `hi`, else to int8
 */
typedef struct {
    const int8_t *x;           /*  0 */
    uint32_t x_pitch;          /*  4 */
    int8_t *y;                 /*  8 */
    uint32_t y_pitch;          /* 12 */
    const uint8_t *packed;     /* 16 */
    uint32_t groups;           /* 20 */
    uint32_t words;            /* 24 */
    uint32_t starts;           /* 28 */
    int32_t start[4];          /* 32 */
    int32_t multiplier;        /* 48 */
    int32_t round;             /* 52 */
    int32_t shift;             /* 56 */
    uint32_t clamped;          /* 60 */
    nmcu_requantize_t requant; /* 64 */
} nmcu_product_block_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_product_block_t, x) == 0, "nmcu_product_block_t.x");
_Static_assert(offsetof(nmcu_product_block_t, x_pitch) == 4, "nmcu_product_block_t.x_pitch");
_Static_assert(offsetof(nmcu_product_block_t, y) == 8, "nmcu_product_block_t.y");
_Static_assert(offsetof(nmcu_product_block_t, y_pitch) == 12, "nmcu_product_block_t.y_pitch");
_Static_assert(offsetof(nmcu_product_block_t, packed) == 16, "nmcu_product_block_t.packed");
_Static_assert(offsetof(nmcu_product_block_t, groups) == 20, "nmcu_product_block_t.groups");
_Static_assert(offsetof(nmcu_product_block_t, words) == 24, "nmcu_product_block_t.words");
_Static_assert(offsetof(nmcu_product_block_t, starts) == 28, "nmcu_product_block_t.starts");
_Static_assert(offsetof(nmcu_product_block_t, start) == 32, "nmcu_product_block_t.start");
_Static_assert(offsetof(nmcu_product_block_t, multiplier) == 48, "nmcu_product_block_t.multiplier");
_Static_assert(offsetof(nmcu_product_block_t, round) == 52, "nmcu_product_block_t.round");
_Static_assert(offsetof(nmcu_product_block_t, shift) == 56, "nmcu_product_block_t.shift");
_Static_assert(offsetof(nmcu_product_block_t, clamped) == 60, "nmcu_product_block_t.clamped");
_Static_assert(offsetof(nmcu_product_block_t, requant) == 64, "nmcu_product_block_t.requant");
_Static_assert(sizeof(nmcu_product_block_t) == 80, "nmcu_product_block_t");
#endif

#endif

#endif
