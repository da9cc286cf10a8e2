/* From an int32 accumulator to int8, or what lo and hi say: y = clamp((acc * multiplier + round) >> shift, lo, hi). */
#ifndef NMCU_REQUANTIZE_H
#define NMCU_REQUANTIZE_H

#include <stdint.h>

#include "common_layouts.h"

/*
 * narrow  32-bit product. `round` holds 2^(shift-1) and the output zero point shifted left by `shift`; the compiler
 *         has proved that nothing overflows for any reachable accumulator.
 * wide    64-bit product whose low word cannot matter because shift >= 33: only the high word is computed, `shift`
 *         holds the original shift less 32 and `round` is meant for that word.
 * mixed   a channel is wide if its shift is negative: then its low five bits are the shift, else narrow. In the place
 *         of `round` stands a limit: accumulators are clipped to -limit - 1 .. limit, beyond which results are out of
 *         range. The rounding follows from shift and zero point.
 */
enum { NMCU_NARROW = 0, NMCU_WIDE = 1, NMCU_MIXED = 2 };

static inline int32_t nmcu_requantize(const nmcu_requantize_t *how, int32_t acc, int32_t multiplier,
                                      int32_t round, int32_t shift)
{
    int32_t y;
    int wide = how->form == NMCU_WIDE;
    if (how->form == NMCU_MIXED) {
        if (acc > round) acc = round;
        if (acc < -round - 1) acc = -round - 1;
        wide = shift < 0;
        shift &= 31;
        round = (int32_t)((uint32_t)(2 * how->zero_point + 1) << (shift - 1));
    }
    y = wide ? (int32_t)(((int64_t)acc * multiplier) >> 32) : (int32_t)((uint32_t)acc * (uint32_t)multiplier);
    y = (int32_t)((uint32_t)y + (uint32_t)round) >> shift;
    return y < how->lo ? how->lo : y > how->hi ? how->hi : y;
}

#endif
