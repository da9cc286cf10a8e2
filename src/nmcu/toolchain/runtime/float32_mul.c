/* float32 product (libgcc's name). */

#include "float32.h"

uint32_t __mulsf3(uint32_t a, uint32_t b);

uint32_t __mulsf3(uint32_t a, uint32_t b)
{
    const uint32_t sign = (a ^ b) & NMCU_SIGN, x = a & NMCU_MAGNITUDE, y = b & NMCU_MAGNITUDE;
    if (x >= NMCU_INFINITY || y >= NMCU_INFINITY)
        return x > NMCU_INFINITY || y > NMCU_INFINITY || x == 0 || y == 0 ? NMCU_NAN : sign | NMCU_INFINITY;
    if (x == 0 || y == 0) return sign;

    int left, right;
    const uint32_t first = nmcu_unpack(x, &left), second = nmcu_unpack(y, &right);
    const uint64_t product = (uint64_t)(first << 7) * (second << 4); /* first bit at 57 or 58 */
    uint32_t mantissa = (uint32_t)(product >> 32), low = (uint32_t)product;
    int exponent = left + right - 126;
    if (!(mantissa >> (23 + NMCU_GUARD))) {
        mantissa = mantissa << 1 | low >> 31;
        low <<= 1;
        exponent--;
    }
    return nmcu_pack(sign, exponent, mantissa | (low != 0));
}
