/* float32 sum and difference (libgcc's names). */

#include "float32.h"

uint32_t __addsf3(uint32_t a, uint32_t b);
uint32_t __subsf3(uint32_t a, uint32_t b);

uint32_t __addsf3(uint32_t a, uint32_t b)
{
    if ((a & NMCU_MAGNITUDE) < (b & NMCU_MAGNITUDE)) {
        const uint32_t other = a;
        a = b;
        b = other;
    }
    const uint32_t large = a & NMCU_MAGNITUDE, small = b & NMCU_MAGNITUDE, opposite = (a ^ b) & NMCU_SIGN;
    if (large >= NMCU_INFINITY) return large > NMCU_INFINITY || (small == large && opposite) ? NMCU_NAN : a;
    if (small == 0) return large == 0 ? a & b : a;

    int exponent = (int)(large >> 23), lower = (int)(small >> 23);
    uint32_t x = large & (NMCU_HIDDEN - 1), y = small & (NMCU_HIDDEN - 1);
    if (exponent != 0) x |= NMCU_HIDDEN;
    if (lower != 0) y |= NMCU_HIDDEN;
    exponent += exponent == 0;
    lower += lower == 0;
    const int shift = exponent - lower;
    x <<= NMCU_GUARD;
    y <<= NMCU_GUARD;
    if (shift > 26)
        y = 1;
    else if (shift > 0)
        y = y >> shift | ((y << (32 - shift)) != 0);
    if (!opposite) {
        x += y;
        if (x >> (24 + NMCU_GUARD)) {
            x = x >> 1 | (x & 1);
            exponent++;
        }
    } else {
        x -= y;
        if (x == 0) return 0;
        int up = __builtin_clz(x) - (8 - NMCU_GUARD);
        if (up >= exponent) up = exponent - 1;
        x <<= up;
        exponent -= up;
    }
    return nmcu_pack(a & NMCU_SIGN, exponent, x);
}

uint32_t __subsf3(uint32_t a, uint32_t b)
{
    return __addsf3(a, b ^ NMCU_SIGN);
}
