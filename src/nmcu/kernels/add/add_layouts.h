/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_ADD_LAYOUTS_H
#define NMCU_ADD_LAYOUTS_H

#ifdef __ASSEMBLER__

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

/* The compiler has proved that no partial sum overflows. `round` holds all constant terms. */
typedef struct {
    int32_t multiplier_a; /*  0 */
    int32_t multiplier_b; /*  4 */
    int32_t round;        /*  8 */
    int32_t shift;        /* 12 */
    int32_t lo;           /* 16 */
    int32_t hi;           /* 20 */
} nmcu_add_parameters_t;

#if __SIZEOF_POINTER__ == 4
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
