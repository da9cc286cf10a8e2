/* Integer of a float32, towards zero (libgcc's names). Out of range it is the nearest there is, 0 where there is no
 * number. */

#include "float32.h"

int32_t __fixsfsi(uint32_t value);
uint32_t __fixunssfsi(uint32_t value);

/* The integer part of a magnitude, which is at most `most`. */
static uint32_t magnitude_of(uint32_t value, uint32_t most)
{
    const uint32_t magnitude = value & NMCU_MAGNITUDE;
    const int shift = (int)(magnitude >> 23) - (127 + 23);

    if (magnitude > NMCU_INFINITY || shift < -23) return 0;
    if (shift > 8) return most;
    const uint32_t mantissa = (magnitude & (NMCU_HIDDEN - 1)) | NMCU_HIDDEN;
    const uint32_t found = shift < 0 ? mantissa >> -shift : mantissa << shift;
    return found < most ? found : most;
}

int32_t __fixsfsi(uint32_t value)
{
    if (value & NMCU_SIGN) return (int32_t)-magnitude_of(value, 0x80000000u);
    return (int32_t)magnitude_of(value, 0x7FFFFFFFu);
}

uint32_t __fixunssfsi(uint32_t value)
{
    return value & NMCU_SIGN ? 0 : magnitude_of(value, 0xFFFFFFFFu);
}
