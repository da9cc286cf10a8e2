/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_POOL_LAYOUTS_H
#define NMCU_POOL_LAYOUTS_H

#ifdef __ASSEMBLER__

/* nmcu_pool_class_t */
#define POOL_CLASS_COUNT 0
#define POOL_CLASS_BIAS 4
#define POOL_CLASS_MULTIPLIER 8
#define POOL_CLASS_ROUND 12
#define POOL_CLASS_SHIFT 16
#define POOL_CLASS_SIZE 20

/* nmcu_pool_window_t */
#define POOL_X 0
#define POOL_GROUPS 4
#define POOL_ROWS 8
#define POOL_COLUMNS 12
#define POOL_PIXEL_BYTES 16
#define POOL_ROW_BYTES 20
#define POOL_SIZE 24

#else

#include <stddef.h>
#include <stdint.h>

/* How windows with `count` elements inside the map are averaged. */
typedef struct {
    int32_t count;      /*  0 */
    int32_t bias;       /*  4 */
    int32_t multiplier; /*  8 */
    int32_t round;      /* 12 */
    int32_t shift;      /* 16 */
} nmcu_pool_class_t;

/* One window of `groups` times four channels. */
typedef struct {
    const int8_t *x;      /*  0: first channel of the first element */
    uint32_t groups;      /*  4: at least 1 */
    uint32_t rows;        /*  8: at least 1 */
    uint32_t columns;     /* 12: at least 1 */
    uint32_t pixel_bytes; /* 16: from one element of a row to the next */
    int32_t row_bytes;    /* 20: from a row's first element to the next row's */
} nmcu_pool_window_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_pool_class_t, count) == 0, "nmcu_pool_class_t.count");
_Static_assert(offsetof(nmcu_pool_class_t, bias) == 4, "nmcu_pool_class_t.bias");
_Static_assert(offsetof(nmcu_pool_class_t, multiplier) == 8, "nmcu_pool_class_t.multiplier");
_Static_assert(offsetof(nmcu_pool_class_t, round) == 12, "nmcu_pool_class_t.round");
_Static_assert(offsetof(nmcu_pool_class_t, shift) == 16, "nmcu_pool_class_t.shift");
_Static_assert(sizeof(nmcu_pool_class_t) == 20, "nmcu_pool_class_t");
_Static_assert(offsetof(nmcu_pool_window_t, x) == 0, "nmcu_pool_window_t.x");
_Static_assert(offsetof(nmcu_pool_window_t, groups) == 4, "nmcu_pool_window_t.groups");
_Static_assert(offsetof(nmcu_pool_window_t, rows) == 8, "nmcu_pool_window_t.rows");
_Static_assert(offsetof(nmcu_pool_window_t, columns) == 12, "nmcu_pool_window_t.columns");
_Static_assert(offsetof(nmcu_pool_window_t, pixel_bytes) == 16, "nmcu_pool_window_t.pixel_bytes");
_Static_assert(offsetof(nmcu_pool_window_t, row_bytes) == 20, "nmcu_pool_window_t.row_bytes");
_Static_assert(sizeof(nmcu_pool_window_t) == 24, "nmcu_pool_window_t");
#endif

#endif

#endif
