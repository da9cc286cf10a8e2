/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_GATHER_LAYOUTS_H
#define NMCU_GATHER_LAYOUTS_H

#include "common_layouts.h"

#ifdef __ASSEMBLER__

/* nmcu_gather_block_t */
#define GATHER_X 0
#define GATHER_Y 4
#define GATHER_WEIGHTS 20
#define GATHER_GROUPS 24
#define GATHER_SEGMENTS 28
#define GATHER_STEPS 32
#define GATHER_JUMP 36
#define GATHER_DISTANCE_BYTES 40
#define GATHER_LO 44
#define GATHER_HI 48
#define GATHER_ZERO_POINT 52
#define GATHER_FORM 56
#define GATHER_PIXEL_BYTES 60
#define GATHER_ADD 64
#define GATHER_RESIDUAL 68
#define GATHER_TABLE 72
#define GATHER_SIZE 76

#else

#include <stddef.h>
#include <stdint.h>

/*
 * What a block function gets: four or eight output pixels and consecutive groups of output channels that share the
 * positions of their non-zeros.
 *
 * x         first word of the pixels' window. A word holds four pixels' bytes for one position of the reduction axis;
 *           of eight pixels, the second four follow in the next word
 * y         first output byte of each of four pixels; eight pixels start at y[0], `pixel_bytes` apart
 * weights   packed groups, one after the other; with C channels in a group and n = 4 * steps entries in a segment:
 *             int32 bias[C]
 *             uint8 distance[1 + segments * n], filled up to a multiple of four bytes: bytes from the window's start to
 *               the first entry's word, then from each entry's word to the next one's (of the last entry of a segment:
 *               as if the next segment followed without a gap)
 *             int8 value[segments * steps][C][4], of entries 1, 3, 0, 2 of each four
 *             int32 {multiplier, round, shift}[C]
 * jump      bytes from the end of a segment to the start of the next one
 * add       null, or how a residual is added to the results (`multiplier_a`), which are as requant says before: in the
 *           mixed form, the only one there is with a residual
 * residual  bytes from an output to its residual (`multiplier_b`)
 * table     of functions that look their results up, which are all of int8 before: the entry of 0
 */
typedef struct {
    const uint8_t *x;                 /*  0 */
    int8_t *y[4];                     /*  4 */
    const uint8_t *weights;           /* 20 */
    uint32_t groups;                  /* 24 */
    uint32_t segments;                /* 28 */
    uint32_t steps;                   /* 32 */
    int32_t jump;                     /* 36 */
    uint32_t distance_bytes;          /* 40 */
    nmcu_requantize_t requant;        /* 44 */
    uint32_t pixel_bytes;             /* 60 */
    const nmcu_add_parameters_t *add; /* 64 */
    intptr_t residual;                /* 68 */
    const int8_t *table;              /* 72 */
} nmcu_gather_block_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_gather_block_t, x) == 0, "nmcu_gather_block_t.x");
_Static_assert(offsetof(nmcu_gather_block_t, y) == 4, "nmcu_gather_block_t.y");
_Static_assert(offsetof(nmcu_gather_block_t, weights) == 20, "nmcu_gather_block_t.weights");
_Static_assert(offsetof(nmcu_gather_block_t, groups) == 24, "nmcu_gather_block_t.groups");
_Static_assert(offsetof(nmcu_gather_block_t, segments) == 28, "nmcu_gather_block_t.segments");
_Static_assert(offsetof(nmcu_gather_block_t, steps) == 32, "nmcu_gather_block_t.steps");
_Static_assert(offsetof(nmcu_gather_block_t, jump) == 36, "nmcu_gather_block_t.jump");
_Static_assert(offsetof(nmcu_gather_block_t, distance_bytes) == 40, "nmcu_gather_block_t.distance_bytes");
_Static_assert(offsetof(nmcu_gather_block_t, requant) == 44, "nmcu_gather_block_t.requant");
_Static_assert(offsetof(nmcu_gather_block_t, pixel_bytes) == 60, "nmcu_gather_block_t.pixel_bytes");
_Static_assert(offsetof(nmcu_gather_block_t, add) == 64, "nmcu_gather_block_t.add");
_Static_assert(offsetof(nmcu_gather_block_t, residual) == 68, "nmcu_gather_block_t.residual");
_Static_assert(offsetof(nmcu_gather_block_t, table) == 72, "nmcu_gather_block_t.table");
_Static_assert(sizeof(nmcu_gather_block_t) == 76, "nmcu_gather_block_t");
#endif

#endif

#endif
