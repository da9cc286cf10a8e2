/* From an int32 accumulator to int8: y = clamp((acc * multiplier + round) >> shift, lo, hi), in two forms. */
#ifndef NMCU_REQUANTIZE_H
#define NMCU_REQUANTIZE_H

#include <stdint.h>

#include "common_layouts.h"

/*
 * narrow  32-bit product. `round` holds 2^(shift-1) and the output zero point shifted left by `shift`; the compiler
 *         has proved that nothing overflows for any reachable accumulator.
 * wide    64-bit product whose low word cannot matter because shift >= 33: only the high word is computed, `shift`
 *         holds the original shift less 32 and `round` is meant for that word.
 * full    64-bit product, any shift from 1 to 62; `round` is unused.
 */
enum { NMCU_NARROW = 0, NMCU_WIDE = 1, NMCU_FULL = 2 };

static inline int8_t nmcu_requantize(const nmcu_requantize_t *how, int32_t acc, int32_t multiplier,
                                     int32_t round, int32_t shift)
{
    int32_t y;
    if (how->form == NMCU_NARROW) {
        y = (int32_t)((uint32_t)acc * (uint32_t)multiplier + (uint32_t)round) >> shift;
    } else if (how->form == NMCU_WIDE) {
        y = ((int32_t)(((int64_t)acc * multiplier) >> 32) + round) >> shift;
    } else {
        const int64_t wide =
            (((int64_t)acc * multiplier + ((int64_t)1 << (shift - 1))) >> shift) + how->zero_point;
        return (int8_t)(wide < how->lo ? how->lo : wide > how->hi ? how->hi : wide);
    }
    return (int8_t)(y < how->lo ? how->lo : y > how->hi ? how->hi : y);
}

#endif
