/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_ATTENTION_LAYOUTS_H
#define NMCU_ATTENTION_LAYOUTS_H

#include "common_layouts.h"

#ifdef __ASSEMBLER__

/* nmcu_product_block_t */
#define PRODUCT_X 0
#define PRODUCT_Y 16
#define PRODUCT_PACKED 32
#define PRODUCT_GROUPS 36
#define PRODUCT_WORDS 40
#define PRODUCT_START 44
#define PRODUCT_MULTIPLIER 60
#define PRODUCT_ROUND 64
#define PRODUCT_SHIFT 68
#define PRODUCT_LO 72
#define PRODUCT_HI 76
#define PRODUCT_ZERO_POINT 80
#define PRODUCT_FORM 84
#define PRODUCT_SIZE 88

#else

#include <stddef.h>
#include <stdint.h>

/*
 * What a block function gets: `groups` consecutive groups of four outputs for four rows of x.
 *
 * x       first byte of each row, in L1, word-aligned
 * y       first output byte of each row, word-aligned; a group's four outputs are one word
 * packed  groups: four int32 that start the accumulators, then for every four consecutive positions of the reduction
 *         one word for each of the four outputs
 * words   of the reduction
 * start   what each row adds to its accumulators
 */
typedef struct {
    const int8_t *x[4];        /*  0 */
    int8_t *y[4];              /* 16 */
    const uint8_t *packed;     /* 32 */
    uint32_t groups;           /* 36 */
    uint32_t words;            /* 40 */
    int32_t start[4];          /* 44 */
    int32_t multiplier;        /* 60 */
    int32_t round;             /* 64 */
    int32_t shift;             /* 68 */
    nmcu_requantize_t requant; /* 72 */
} nmcu_product_block_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_product_block_t, x) == 0, "nmcu_product_block_t.x");
_Static_assert(offsetof(nmcu_product_block_t, y) == 16, "nmcu_product_block_t.y");
_Static_assert(offsetof(nmcu_product_block_t, packed) == 32, "nmcu_product_block_t.packed");
_Static_assert(offsetof(nmcu_product_block_t, groups) == 36, "nmcu_product_block_t.groups");
_Static_assert(offsetof(nmcu_product_block_t, words) == 40, "nmcu_product_block_t.words");
_Static_assert(offsetof(nmcu_product_block_t, start) == 44, "nmcu_product_block_t.start");
_Static_assert(offsetof(nmcu_product_block_t, multiplier) == 60, "nmcu_product_block_t.multiplier");
_Static_assert(offsetof(nmcu_product_block_t, round) == 64, "nmcu_product_block_t.round");
_Static_assert(offsetof(nmcu_product_block_t, shift) == 68, "nmcu_product_block_t.shift");
_Static_assert(offsetof(nmcu_product_block_t, requant) == 72, "nmcu_product_block_t.requant");
_Static_assert(sizeof(nmcu_product_block_t) == 88, "nmcu_product_block_t");
#endif

#endif

#endif
