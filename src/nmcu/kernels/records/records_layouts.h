/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_RECORDS_LAYOUTS_H
#define NMCU_RECORDS_LAYOUTS_H

#include "common_layouts.h"

#ifdef __ASSEMBLER__

/* nmcu_records_block_t */
#define RECORDS_X 0
#define RECORDS_Y 8
#define RECORDS_WEIGHTS 16
#define RECORDS_RECORDS 20
#define RECORDS_STEPS 24
#define RECORDS_M 28
#define RECORDS_LO 32
#define RECORDS_HI 36
#define RECORDS_ZERO_POINT 40
#define RECORDS_FORM 44
#define RECORDS_SIZE 48

#else

#include <stddef.h>
#include <stdint.h>

/*
 * What a block function gets: one or two pixels and consecutive records of weights.
 *
 * x        where each pixel's window starts: in an im2col buffer (block b of the reduction axis at byte m * b) or, for
 *          a single pixel, in the slab itself
 * y        output byte of the first channel for each pixel
 * weights  packed records, one after the other; what is in one is the kernel's own affair
 * steps    length of a channel's reduction, in the kernel's own unit
 */
typedef struct {
    const int8_t *x[2];        /*  0 */
    int8_t *y[2];              /*  8 */
    const uint8_t *weights;    /* 16 */
    uint32_t records;          /* 20 */
    uint32_t steps;            /* 24 */
    uint32_t m;                /* 28 */
    nmcu_requantize_t requant; /* 32 */
} nmcu_records_block_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_records_block_t, x) == 0, "nmcu_records_block_t.x");
_Static_assert(offsetof(nmcu_records_block_t, y) == 8, "nmcu_records_block_t.y");
_Static_assert(offsetof(nmcu_records_block_t, weights) == 16, "nmcu_records_block_t.weights");
_Static_assert(offsetof(nmcu_records_block_t, records) == 20, "nmcu_records_block_t.records");
_Static_assert(offsetof(nmcu_records_block_t, steps) == 24, "nmcu_records_block_t.steps");
_Static_assert(offsetof(nmcu_records_block_t, m) == 28, "nmcu_records_block_t.m");
_Static_assert(offsetof(nmcu_records_block_t, requant) == 32, "nmcu_records_block_t.requant");
_Static_assert(sizeof(nmcu_records_block_t) == 48, "nmcu_records_block_t");
#endif

#endif

#endif
