/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_RECURRENT_LAYOUTS_H
#define NMCU_RECURRENT_LAYOUTS_H

#ifdef __ASSEMBLER__

/* nmcu_quad_t */
#define QUAD_BIAS 0
#define QUAD_MULTIPLIER 16
#define QUAD_ROUND 32
#define QUAD_SHIFT 48
#define QUAD_SIZE 64

/* nmcu_rows_block_t */
#define ROWS_X 0
#define ROWS_Y 4
#define ROWS_RECORDS 8
#define ROWS_QUADS 12
#define ROWS_STEPS 16
#define ROWS_KEEP 20
#define ROWS_SIZE 24

/* nmcu_activation_t */
#define ACTIVATION_X 0
#define ACTIVATION_Y 4
#define ACTIVATION_COUNT 8
#define ACTIVATION_BITS 12
#define ACTIVATION_TANH 16
#define ACTIVATION_SIZE 20

#else

#include <stddef.h>
#include <stdint.h>

/*
 * Of four rows: how their sums start and how they are rescaled.
 *
 * multiplier  twice the multiplier of 31 bits, so that the upper word of the product is the doubled one
 * shift       places to the right behind it; not above 0: to the left before it
 * round       half of what the shift takes away
 */
typedef struct {
    int32_t bias[4];        /*  0 */
    uint32_t multiplier[4]; /* 16 */
    int32_t round[4];       /* 32 */
    int32_t shift[4];       /* 48 */
} nmcu_quad_t;

/*
 * What a body gets: `quads` times four rows of a matrix, and the vector that they are multiplied with.
 *
 * x        the vector, in L1, any alignment; bytes behind it may be anything
 * y        for each row clamp16((y & keep) + rescaled sum)
 * records  the rows, one quad after the other (rows.h)
 * steps    length of a row, in the body's own unit
 * keep     -1: rows are added to what y holds; 0: they replace it
 */
typedef struct {
    const int8_t *x;        /*  0 */
    int16_t *y;             /*  4 */
    const uint8_t *records; /*  8 */
    uint32_t quads;         /* 12 */
    uint32_t steps;         /* 16 */
    int32_t keep;           /* 20 */
} nmcu_rows_block_t;

/*
 * `count` values x, at least one, and where their sigmoids or tanhs go, 15 bits behind the point; y may be x.
 *
 * bits  integer bits of x
 * tanh  -1: tanh; 0: sigmoid
 */
typedef struct {
    const int16_t *x; /*  0 */
    int16_t *y;       /*  4 */
    uint32_t count;   /*  8 */
    int32_t bits;     /* 12 */
    int32_t tanh;     /* 16 */
} nmcu_activation_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_quad_t, bias) == 0, "nmcu_quad_t.bias");
_Static_assert(offsetof(nmcu_quad_t, multiplier) == 16, "nmcu_quad_t.multiplier");
_Static_assert(offsetof(nmcu_quad_t, round) == 32, "nmcu_quad_t.round");
_Static_assert(offsetof(nmcu_quad_t, shift) == 48, "nmcu_quad_t.shift");
_Static_assert(sizeof(nmcu_quad_t) == 64, "nmcu_quad_t");
_Static_assert(offsetof(nmcu_rows_block_t, x) == 0, "nmcu_rows_block_t.x");
_Static_assert(offsetof(nmcu_rows_block_t, y) == 4, "nmcu_rows_block_t.y");
_Static_assert(offsetof(nmcu_rows_block_t, records) == 8, "nmcu_rows_block_t.records");
_Static_assert(offsetof(nmcu_rows_block_t, quads) == 12, "nmcu_rows_block_t.quads");
_Static_assert(offsetof(nmcu_rows_block_t, steps) == 16, "nmcu_rows_block_t.steps");
_Static_assert(offsetof(nmcu_rows_block_t, keep) == 20, "nmcu_rows_block_t.keep");
_Static_assert(sizeof(nmcu_rows_block_t) == 24, "nmcu_rows_block_t");
_Static_assert(offsetof(nmcu_activation_t, x) == 0, "nmcu_activation_t.x");
_Static_assert(offsetof(nmcu_activation_t, y) == 4, "nmcu_activation_t.y");
_Static_assert(offsetof(nmcu_activation_t, count) == 8, "nmcu_activation_t.count");
_Static_assert(offsetof(nmcu_activation_t, bits) == 12, "nmcu_activation_t.bits");
_Static_assert(offsetof(nmcu_activation_t, tanh) == 16, "nmcu_activation_t.tanh");
_Static_assert(sizeof(nmcu_activation_t) == 20, "nmcu_activation_t");
#endif

#endif

#endif
