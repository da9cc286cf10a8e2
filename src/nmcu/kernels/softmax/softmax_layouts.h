/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_SOFTMAX_LAYOUTS_H
#define NMCU_SOFTMAX_LAYOUTS_H

#ifdef __ASSEMBLER__

/* nmcu_softmax_parameters_t */
#define SOFTMAX_TABLES 0
#define SOFTMAX_WIDTH 4
#define SOFTMAX_ZERO_POINT 8
#define SOFTMAX_SIZE 12

#else

#include <stddef.h>
#include <stdint.h>

/* In L1. `tables`: 256 exponentials, 256 numerators, both by 255 less the distance from the row's largest value. */
typedef struct {
    const uint32_t *tables; /*  0 */
    uint32_t width;         /*  4: values of a row */
    int32_t zero_point;     /*  8: of the output */
} nmcu_softmax_parameters_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_softmax_parameters_t, tables) == 0, "nmcu_softmax_parameters_t.tables");
_Static_assert(offsetof(nmcu_softmax_parameters_t, width) == 4, "nmcu_softmax_parameters_t.width");
_Static_assert(offsetof(nmcu_softmax_parameters_t, zero_point) == 8, "nmcu_softmax_parameters_t.zero_point");
_Static_assert(sizeof(nmcu_softmax_parameters_t) == 12, "nmcu_softmax_parameters_t");
#endif

#endif

#endif
