/* Bit counting that a compiler may call rather than expand (libgcc's names). A zero argument is undefined there;
 * here it gives the width. */

#include "int64.h"

int __clzsi2(uint32_t value);
int __ctzsi2(uint32_t value);
int __clzdi2(uint64_t value);
int __ctzdi2(uint64_t value);
int __popcountsi2(uint32_t value);
int __popcountdi2(uint64_t value);

int __clzsi2(uint32_t value)
{
    int zeros = 32;
    for (; value != 0; value >>= 1)
        zeros--;
    return zeros;
}

int __ctzsi2(uint32_t value)
{
    return value == 0 ? 32 : 31 - __clzsi2(value & -value);
}

int __clzdi2(uint64_t value)
{
    split64_t v = {value};
    return v.half.high != 0 ? __clzsi2(v.half.high) : 32 + __clzsi2(v.half.low);
}

int __ctzdi2(uint64_t value)
{
    split64_t v = {value};
    return v.half.low != 0 ? __ctzsi2(v.half.low) : 32 + __ctzsi2(v.half.high);
}

int __popcountsi2(uint32_t value)
{
    int ones = 0;
    for (; value != 0; value &= value - 1)
        ones++;
    return ones;
}

int __popcountdi2(uint64_t value)
{
    split64_t v = {value};
    return __popcountsi2(v.half.low) + __popcountsi2(v.half.high);
}
