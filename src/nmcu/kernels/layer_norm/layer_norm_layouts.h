/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_LAYER_NORM_LAYOUTS_H
#define NMCU_LAYER_NORM_LAYOUTS_H

#ifdef __ASSEMBLER__

/* nmcu_layer_norm_channel_t */
#define LAYER_NORM_CHANNEL_GAMMA 0
#define LAYER_NORM_CHANNEL_BETA 4
#define LAYER_NORM_CHANNEL_SIZE 8

/* nmcu_layer_norm_row_t */
#define LAYER_NORM_CHANNELS 0
#define LAYER_NORM_SCALE 4
#define LAYER_NORM_OFFSET 8
#define LAYER_NORM_NORM_SHIFT 12
#define LAYER_NORM_SHIFT 16
#define LAYER_NORM_SIZE 20

/* nmcu_layer_norm_factors_t */
#define LAYER_NORM_FACTORS_SCALE 0
#define LAYER_NORM_FACTORS_OFFSET 4
#define LAYER_NORM_FACTORS_SIZE 8

/* nmcu_layer_norm_columns_t */
#define LAYER_NORM_COLUMNS_CHANNELS 0
#define LAYER_NORM_COLUMNS_FACTORS 4
#define LAYER_NORM_COLUMNS_PITCH 8
#define LAYER_NORM_COLUMNS_NORM_SHIFT 12
#define LAYER_NORM_COLUMNS_SHIFT 16
#define LAYER_NORM_COLUMNS_SIZE 20

#else

#include <stddef.h>
#include <stdint.h>

/* Scale and offset of a channel in units of 2^-shift output steps; `beta` less the 2^(shift-1) that rounding adds. */
typedef struct {
    int32_t gamma; /*  0 */
    int32_t beta;  /*  4 */
} nmcu_layer_norm_channel_t;

/*
 * What the hot loop gets for a row: y = clip((norm * gamma + beta + 2^(shift-1)) >> shift) with
 * norm = (x * scale + offset + 2^(norm_shift-1)) >> norm_shift, modulo 2^32.
 */
typedef struct {
    const nmcu_layer_norm_channel_t *channels; /*  0 */
    int32_t scale;                             /*  4 */
    int32_t offset;                            /*  8 */
    uint32_t norm_shift;                       /* 12 */
    uint32_t shift;                            /* 16 */
} nmcu_layer_norm_row_t;

/* What a row's values are normalised by: members of nmcu_layer_norm_row_t. */
typedef struct {
    int32_t scale;  /*  0 */
    int32_t offset; /*  4 */
} nmcu_layer_norm_factors_t;

/* What the hot loop gets for the channels of some rows, which lie `pitch` bytes apart. */
typedef struct {
    const nmcu_layer_norm_channel_t *channels; /*  0: the first word's and those behind */
    const nmcu_layer_norm_factors_t *factors;  /*  4: each row's */
    uint32_t pitch;                            /*  8 */
    uint32_t norm_shift;                       /* 12 */
    uint32_t shift;                            /* 16 */
} nmcu_layer_norm_columns_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_layer_norm_channel_t, gamma) == 0, "nmcu_layer_norm_channel_t.gamma");
_Static_assert(offsetof(nmcu_layer_norm_channel_t, beta) == 4, "nmcu_layer_norm_channel_t.beta");
_Static_assert(sizeof(nmcu_layer_norm_channel_t) == 8, "nmcu_layer_norm_channel_t");
_Static_assert(offsetof(nmcu_layer_norm_row_t, channels) == 0, "nmcu_layer_norm_row_t.channels");
_Static_assert(offsetof(nmcu_layer_norm_row_t, scale) == 4, "nmcu_layer_norm_row_t.scale");
_Static_assert(offsetof(nmcu_layer_norm_row_t, offset) == 8, "nmcu_layer_norm_row_t.offset");
_Static_assert(offsetof(nmcu_layer_norm_row_t, norm_shift) == 12, "nmcu_layer_norm_row_t.norm_shift");
_Static_assert(offsetof(nmcu_layer_norm_row_t, shift) == 16, "nmcu_layer_norm_row_t.shift");
_Static_assert(sizeof(nmcu_layer_norm_row_t) == 20, "nmcu_layer_norm_row_t");
_Static_assert(offsetof(nmcu_layer_norm_factors_t, scale) == 0, "nmcu_layer_norm_factors_t.scale");
_Static_assert(offsetof(nmcu_layer_norm_factors_t, offset) == 4, "nmcu_layer_norm_factors_t.offset");
_Static_assert(sizeof(nmcu_layer_norm_factors_t) == 8, "nmcu_layer_norm_factors_t");
_Static_assert(offsetof(nmcu_layer_norm_columns_t, channels) == 0, "nmcu_layer_norm_columns_t.channels");
_Static_assert(offsetof(nmcu_layer_norm_columns_t, factors) == 4, "nmcu_layer_norm_columns_t.factors");
_Static_assert(offsetof(nmcu_layer_norm_columns_t, pitch) == 8, "nmcu_layer_norm_columns_t.pitch");
_Static_assert(offsetof(nmcu_layer_norm_columns_t, norm_shift) == 12, "nmcu_layer_norm_columns_t.norm_shift");
_Static_assert(offsetof(nmcu_layer_norm_columns_t, shift) == 16, "nmcu_layer_norm_columns_t.shift");
_Static_assert(sizeof(nmcu_layer_norm_columns_t) == 20, "nmcu_layer_norm_columns_t");
#endif

#endif

#endif
