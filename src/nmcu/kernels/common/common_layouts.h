/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_COMMON_LAYOUTS_H
#define NMCU_COMMON_LAYOUTS_H

#ifdef __ASSEMBLER__

/* nmcu_requantize_t */
#define REQUANTIZE_LO 0
#define REQUANTIZE_HI 4
#define REQUANTIZE_ZERO_POINT 8
#define REQUANTIZE_FORM 12
#define REQUANTIZE_SIZE 16

/* nmcu_channels4_t */
#define CHANNELS_BIAS 0
#define CHANNELS_MULTIPLIER 16
#define CHANNELS_ROUND 32
#define CHANNELS_SHIFT 48
#define CHANNELS_SIZE 64

/* nmcu_add_parameters_t */
#define ADD_MULTIPLIER_A 0
#define ADD_MULTIPLIER_B 4
#define ADD_ROUND 8
#define ADD_SHIFT 12
#define ADD_LO 16
#define ADD_HI 20
#define ADD_SIZE 24

#else

#include <stddef.h>
#include <stdint.h>

/* How a layer requantises (the forms: requantize.h). */
typedef struct {
    int32_t lo;         /*  0: int8 range after the fused activation */
    int32_t hi;         /*  4 */
    int32_t zero_point; /*  8: of the output */
    int32_t form;       /* 12 */
} nmcu_requantize_t;

/* Of four consecutive output channels: how their accumulators start and how they are requantised. */
typedef struct {
    int32_t bias[4];       /*  0 */
    int32_t multiplier[4]; /* 16 */
    int32_t round[4];      /* 32: in the mixed form: limit */
    int32_t shift[4];      /* 48 */
} nmcu_channels4_t;

/*
 * Sum of two tensors: clamp((a * multiplier_a + b * multiplier_b + round) >> shift, lo, hi). The compiler has proved
 * that no partial sum overflows. `round` holds all constant terms.
 */
typedef struct {
    int32_t multiplier_a; /*  0 */
    int32_t multiplier_b; /*  4 */
    int32_t round;        /*  8 */
    int32_t shift;        /* 12 */
    int32_t lo;           /* 16 */
    int32_t hi;           /* 20 */
} nmcu_add_parameters_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_requantize_t, lo) == 0, "nmcu_requantize_t.lo");
_Static_assert(offsetof(nmcu_requantize_t, hi) == 4, "nmcu_requantize_t.hi");
_Static_assert(offsetof(nmcu_requantize_t, zero_point) == 8, "nmcu_requantize_t.zero_point");
_Static_assert(offsetof(nmcu_requantize_t, form) == 12, "nmcu_requantize_t.form");
_Static_assert(sizeof(nmcu_requantize_t) == 16, "nmcu_requantize_t");
_Static_assert(offsetof(nmcu_channels4_t, bias) == 0, "nmcu_channels4_t.bias");
_Static_assert(offsetof(nmcu_channels4_t, multiplier) == 16, "nmcu_channels4_t.multiplier");
_Static_assert(offsetof(nmcu_channels4_t, round) == 32, "nmcu_channels4_t.round");
_Static_assert(offsetof(nmcu_channels4_t, shift) == 48, "nmcu_channels4_t.shift");
_Static_assert(sizeof(nmcu_channels4_t) == 64, "nmcu_channels4_t");
_Static_assert(offsetof(nmcu_add_parameters_t, multiplier_a) == 0, "nmcu_add_parameters_t.multiplier_a");
_Static_assert(offsetof(nmcu_add_parameters_t, multiplier_b) == 4, "nmcu_add_parameters_t.multiplier_b");
_Static_assert(offsetof(nmcu_add_parameters_t, round) == 8, "nmcu_add_parameters_t.round");
_Static_assert(offsetof(nmcu_add_parameters_t, shift) == 12, "nmcu_add_parameters_t.shift");
_Static_assert(offsetof(nmcu_add_parameters_t, lo) == 16, "nmcu_add_parameters_t.lo");
_Static_assert(offsetof(nmcu_add_parameters_t, hi) == 20, "nmcu_add_parameters_t.hi");
_Static_assert(sizeof(nmcu_add_parameters_t) == 24, "nmcu_add_parameters_t");
#endif

#endif

#endif
