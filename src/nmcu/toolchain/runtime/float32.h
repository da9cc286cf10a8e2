/* float32 for cores without a floating-point unit, as its bits: IEEE 754, rounded to nearest, halves to even; subnormal
 * numbers are numbers. A result that is not a number is always NMCU_NAN. */

#ifndef NMCU_FLOAT32_H
#define NMCU_FLOAT32_H

#include <stdint.h>

#define NMCU_NAN 0x7FC00000u
#define NMCU_INFINITY 0x7F800000u
#define NMCU_SIGN 0x80000000u
#define NMCU_HIDDEN 0x00800000u
#define NMCU_MAGNITUDE 0x7FFFFFFFu
#define NMCU_GUARD 3 /* bits behind the mantissa until it is rounded; the last one is sticky */

/* A finite magnitude that is not 0 as mantissa, whose hidden bit is set, and exponent (of its last bit, biased). */
static inline uint32_t nmcu_unpack(uint32_t magnitude, int *exponent)
{
    *exponent = (int)(magnitude >> 23);
    if (*exponent != 0) return (magnitude & (NMCU_HIDDEN - 1)) | NMCU_HIDDEN;
    const int shift = __builtin_clz(magnitude) - 8;
    *exponent = 1 - shift;
    return magnitude << shift;
}

/* The number whose `mantissa` has its first bit at 23 + NMCU_GUARD (lower only where it is subnormal: `exponent` 1). */
static inline uint32_t nmcu_pack(uint32_t sign, int exponent, uint32_t mantissa)
{
    if (exponent <= 0) {
        const int shift = 1 - exponent;
        mantissa = shift > 26 ? 1 : mantissa >> shift | ((mantissa << (32 - shift)) != 0);
        exponent = 1;
    }
    if (exponent >= 255) return sign | NMCU_INFINITY;
    const uint32_t rest = mantissa & ((1u << NMCU_GUARD) - 1), half = 1u << (NMCU_GUARD - 1);
    uint32_t value = ((uint32_t)(exponent - 1) << 23) + (mantissa >> NMCU_GUARD);
    if (rest > half || (rest == half && (value & 1))) value++;
    return sign | value;
}

#endif
