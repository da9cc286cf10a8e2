/* float32 of an integer (libgcc's names). */

#include "float32.h"

uint32_t __floatsisf(int32_t value);
uint32_t __floatunsisf(uint32_t value);

static uint32_t from_magnitude(uint32_t sign, uint32_t magnitude)
{
    if (magnitude == 0) return 0;
    const int zeros = __builtin_clz(magnitude);
    const int shift = 8 - NMCU_GUARD - zeros; /* to the right */
    const uint32_t mantissa =
        shift > 0 ? magnitude >> shift | ((magnitude << (32 - shift)) != 0) : magnitude << -shift;
    return nmcu_pack(sign, 127 + 31 - zeros, mantissa);
}

uint32_t __floatsisf(int32_t value)
{
    return value < 0 ? from_magnitude(NMCU_SIGN, -(uint32_t)value) : from_magnitude(0, (uint32_t)value);
}

uint32_t __floatunsisf(uint32_t value)
{
    return from_magnitude(0, value);
}
