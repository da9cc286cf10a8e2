/* float32 comparisons (libgcc's names and results): the sign of a - b; without an order, what makes the comparison
 * false. */

#include "float32.h"

int __unordsf2(uint32_t a, uint32_t b);
int __eqsf2(uint32_t a, uint32_t b);
int __nesf2(uint32_t a, uint32_t b);
int __ltsf2(uint32_t a, uint32_t b);
int __lesf2(uint32_t a, uint32_t b);
int __gtsf2(uint32_t a, uint32_t b);
int __gesf2(uint32_t a, uint32_t b);

static int compare(uint32_t a, uint32_t b, int unordered)
{
    const uint32_t x = a & NMCU_MAGNITUDE, y = b & NMCU_MAGNITUDE;
    if (x > NMCU_INFINITY || y > NMCU_INFINITY) return unordered;
    const int32_t left = a & NMCU_SIGN ? -(int32_t)x : (int32_t)x;
    const int32_t right = b & NMCU_SIGN ? -(int32_t)y : (int32_t)y;
    return (left > right) - (left < right);
}

int __unordsf2(uint32_t a, uint32_t b)
{
    return (a & NMCU_MAGNITUDE) > NMCU_INFINITY || (b & NMCU_MAGNITUDE) > NMCU_INFINITY;
}

int __eqsf2(uint32_t a, uint32_t b)
{
    return compare(a, b, 1);
}

int __nesf2(uint32_t a, uint32_t b)
{
    return compare(a, b, 1);
}

int __ltsf2(uint32_t a, uint32_t b)
{
    return compare(a, b, 1);
}

int __lesf2(uint32_t a, uint32_t b)
{
    return compare(a, b, 1);
}

int __gtsf2(uint32_t a, uint32_t b)
{
    return compare(a, b, -1);
}

int __gesf2(uint32_t a, uint32_t b)
{
    return compare(a, b, -1);
}
