/* The fixed-point arithmetic of nmcu.graph.fixed_point. */
#ifndef NMCU_RESCALE_H
#define NMCU_RESCALE_H

#include <stdint.h>

static inline int32_t nmcu_clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

static inline int32_t nmcu_clamp16(int32_t x)
{
    return nmcu_clamp(x, -32768, 32767);
}

static inline int32_t nmcu_clamp8(int32_t x)
{
    return nmcu_clamp(x, -128, 127);
}

/* x / 2^times, rounded half away from zero. */
static inline int32_t nmcu_halved(int32_t x, int32_t times)
{
    return times ? (x + (1 << (times - 1)) + (x >> 31)) >> times : x;
}

/* x times `twice` / 2^32, rounded half up; `twice` is an unsigned number. */
static inline int32_t nmcu_upper(int32_t x, uint32_t twice)
{
    const int64_t product = (int64_t)((uint64_t)(int64_t)x * twice);
    return (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
}

/* How a number is rescaled: twice the multiplier of 31 bits, and places to the right behind it; not above 0: to the
 * left before it. */
typedef struct {
    uint32_t multiplier;
    int32_t shift;
} nmcu_rescale_t;

static inline int32_t nmcu_rescaled(int32_t x, nmcu_rescale_t how)
{
    if (how.shift <= 0) return nmcu_upper((int32_t)((uint32_t)x << -how.shift), how.multiplier);
    return nmcu_halved(nmcu_upper(x, how.multiplier), how.shift);
}

/* a * b / 2^15, rounded half up. */
static inline int32_t nmcu_product15(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}

#endif
