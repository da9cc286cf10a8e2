/* 64-bit unsigned division: the hardware's divide where both fit 32 bits, else one bit at a time. */

#include "int64.h"

static unsigned leading_zeros(uint64_t value)
{
    split64_t v = {value};
    if (v.half.high != 0) return (unsigned)__builtin_clz(v.half.high);
    return v.half.low != 0 ? 32u + (unsigned)__builtin_clz(v.half.low) : 64u;
}

uint64_t nmcu_udivmod64(uint64_t n, uint64_t d, uint64_t *remainder)
{
    if ((n | d) <= UINT32_MAX && d != 0) {
        *remainder = (uint32_t)n % (uint32_t)d;
        return (uint32_t)n / (uint32_t)d;
    }
    if (d == 0) {
        *remainder = n;
        return UINT64_MAX;
    }
    uint64_t quotient = 0;
    if (n >= d) {
        unsigned steps = leading_zeros(d) - leading_zeros(n);
        split64_t divisor = {d << steps};
        for (unsigned step = 0; step <= steps; step++) {
            quotient <<= 1;
            if (n >= divisor.whole) {
                n -= divisor.whole;
                quotient |= 1;
            }
            divisor.whole >>= 1;
        }
    }
    *remainder = n;
    return quotient;
}
