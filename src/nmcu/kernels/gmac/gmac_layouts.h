/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_GMAC_LAYOUTS_H
#define NMCU_GMAC_LAYOUTS_H

#include "common_layouts.h"

#ifdef __ASSEMBLER__

/* nmcu_gather_mac_block_t */
#define MAC_X 0
#define MAC_Y 4
#define MAC_WEIGHTS 20
#define MAC_GROUPS 24
#define MAC_CHUNKS 28
#define MAC_HALF 32
#define MAC_LO 36
#define MAC_HI 40
#define MAC_ZERO_POINT 44
#define MAC_FORM 48
#define MAC_TABLE 52
#define MAC_SIZE 56

/* nmcu_columns_t */
#define COLUMNS_PIXEL 0
#define COLUMNS_TO 16
#define COLUMNS_PIXEL_STEP 28
#define COLUMNS_TO_STEP 32
#define COLUMNS_WORDS 36
#define COLUMNS_COPIES 40
#define COLUMNS_ROWS 44
#define COLUMNS_SIZE 48

#else

#include <stddef.h>
#include <stdint.h>

/*
 * What a block function gets: four output pixels and consecutive groups of four output channels.
 *
 * x         first word of the pixels' window, which is contiguous. A word holds four pixels' bytes for one position
 * y         first output byte of each of the pixels; of one that does not exist that of the first pixel, which is
 *           written last
 * weights   packed groups, one after the other (gmac.h)
 * groups    of four channels
 * chunks    whole chunks of a channel's entries
 * half      1: half a chunk more
 * table     of functions that look their results up, which are all of int8 before: the entry of 0
 */
typedef struct {
    const uint8_t *x;          /*  0 */
    int8_t *y[4];              /*  4 */
    const uint8_t *weights;    /* 20 */
    uint32_t groups;           /* 24 */
    uint32_t chunks;           /* 28 */
    uint32_t half;             /* 32 */
    nmcu_requantize_t requant; /* 36 */
    const int8_t *table;       /* 52 */
} nmcu_gather_mac_block_t;

/*
 * Columns of the map to interleave: the same one of consecutive rows, or consecutive ones of a row.
 *
 * pixel       first byte of each of four pixels of the first column
 * to          where its words go
 * pixel_step  bytes from a column's pixels to the next one's
 * to_step     bytes from a column's words to the next one's
 * words       fours of channels
 * copies      1 to 3: how many of `to` there are
 * rows        number of columns
 */
typedef struct {
    const int8_t *pixel[4]; /*  0 */
    uint8_t *to[3];         /* 16 */
    uint32_t pixel_step;    /* 28 */
    uint32_t to_step;       /* 32 */
    uint32_t words;         /* 36 */
    uint32_t copies;        /* 40 */
    uint32_t rows;          /* 44 */
} nmcu_columns_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_gather_mac_block_t, x) == 0, "nmcu_gather_mac_block_t.x");
_Static_assert(offsetof(nmcu_gather_mac_block_t, y) == 4, "nmcu_gather_mac_block_t.y");
_Static_assert(offsetof(nmcu_gather_mac_block_t, weights) == 20, "nmcu_gather_mac_block_t.weights");
_Static_assert(offsetof(nmcu_gather_mac_block_t, groups) == 24, "nmcu_gather_mac_block_t.groups");
_Static_assert(offsetof(nmcu_gather_mac_block_t, chunks) == 28, "nmcu_gather_mac_block_t.chunks");
_Static_assert(offsetof(nmcu_gather_mac_block_t, half) == 32, "nmcu_gather_mac_block_t.half");
_Static_assert(offsetof(nmcu_gather_mac_block_t, requant) == 36, "nmcu_gather_mac_block_t.requant");
_Static_assert(offsetof(nmcu_gather_mac_block_t, table) == 52, "nmcu_gather_mac_block_t.table");
_Static_assert(sizeof(nmcu_gather_mac_block_t) == 56, "nmcu_gather_mac_block_t");
_Static_assert(offsetof(nmcu_columns_t, pixel) == 0, "nmcu_columns_t.pixel");
_Static_assert(offsetof(nmcu_columns_t, to) == 16, "nmcu_columns_t.to");
_Static_assert(offsetof(nmcu_columns_t, pixel_step) == 28, "nmcu_columns_t.pixel_step");
_Static_assert(offsetof(nmcu_columns_t, to_step) == 32, "nmcu_columns_t.to_step");
_Static_assert(offsetof(nmcu_columns_t, words) == 36, "nmcu_columns_t.words");
_Static_assert(offsetof(nmcu_columns_t, copies) == 40, "nmcu_columns_t.copies");
_Static_assert(offsetof(nmcu_columns_t, rows) == 44, "nmcu_columns_t.rows");
_Static_assert(sizeof(nmcu_columns_t) == 48, "nmcu_columns_t");
#endif

#endif

#endif
