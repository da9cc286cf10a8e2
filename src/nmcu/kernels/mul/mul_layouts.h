/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_MUL_LAYOUTS_H
#define NMCU_MUL_LAYOUTS_H

#ifdef __ASSEMBLER__

/* nmcu_mul_parameters_t */
#define MUL_ZERO_POINT_A 0
#define MUL_ZERO_POINT_B 4
#define MUL_MULTIPLIER 8
#define MUL_ROUND 12
#define MUL_SHIFT 16
#define MUL_LO 20
#define MUL_HI 24
#define MUL_SIZE 28

#else

#include <stddef.h>
#include <stdint.h>

/* Products of two int8 values are always requantised in the narrow form (requantize.h). */
typedef struct {
    int32_t zero_point_a; /*  0 */
    int32_t zero_point_b; /*  4 */
    int32_t multiplier;   /*  8 */
    int32_t round;        /* 12 */
    int32_t shift;        /* 16 */
    int32_t lo;           /* 20 */
    int32_t hi;           /* 24 */
} nmcu_mul_parameters_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_mul_parameters_t, zero_point_a) == 0, "nmcu_mul_parameters_t.zero_point_a");
_Static_assert(offsetof(nmcu_mul_parameters_t, zero_point_b) == 4, "nmcu_mul_parameters_t.zero_point_b");
_Static_assert(offsetof(nmcu_mul_parameters_t, multiplier) == 8, "nmcu_mul_parameters_t.multiplier");
_Static_assert(offsetof(nmcu_mul_parameters_t, round) == 12, "nmcu_mul_parameters_t.round");
_Static_assert(offsetof(nmcu_mul_parameters_t, shift) == 16, "nmcu_mul_parameters_t.shift");
_Static_assert(offsetof(nmcu_mul_parameters_t, lo) == 20, "nmcu_mul_parameters_t.lo");
_Static_assert(offsetof(nmcu_mul_parameters_t, hi) == 24, "nmcu_mul_parameters_t.hi");
_Static_assert(sizeof(nmcu_mul_parameters_t) == 28, "nmcu_mul_parameters_t");
#endif

#endif

#endif
