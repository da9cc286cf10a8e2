/* Signed and unsigned 64-bit quotient and remainder; the quotient rounds towards zero. */

#include "int64.h"

uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
int64_t __moddi3(int64_t n, int64_t d);

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

uint64_t __udivdi3(uint64_t n, uint64_t d)
{
    uint64_t remainder;
    return nmcu_udivmod64(n, d, &remainder);
}

uint64_t __umoddi3(uint64_t n, uint64_t d)
{
    uint64_t remainder;
    nmcu_udivmod64(n, d, &remainder);
    return remainder;
}

int64_t __divdi3(int64_t n, int64_t d)
{
    uint64_t quotient = __udivdi3(magnitude(n), magnitude(d));
    return (int64_t)((n < 0) != (d < 0) ? -quotient : quotient);
}

int64_t __moddi3(int64_t n, int64_t d)
{
    uint64_t remainder = __umoddi3(magnitude(n), magnitude(d));
    return (int64_t)(n < 0 ? -remainder : remainder);
}
