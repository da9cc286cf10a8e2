/* float32 quotient (libgcc's name). */

#include "float32.h"

uint32_t __divsf3(uint32_t a, uint32_t b);

uint32_t __divsf3(uint32_t a, uint32_t b)
{
    const uint32_t sign = (a ^ b) & NMCU_SIGN, x = a & NMCU_MAGNITUDE, y = b & NMCU_MAGNITUDE;
    if (x > NMCU_INFINITY || y > NMCU_INFINITY || (x == y && (x == 0 || x == NMCU_INFINITY))) return NMCU_NAN;
    if (x == NMCU_INFINITY || y == 0) return sign | NMCU_INFINITY;
    if (x == 0 || y == NMCU_INFINITY) return sign;

    int left, right;
    uint32_t rest = nmcu_unpack(x, &left);
    const uint32_t divisor = nmcu_unpack(y, &right);
    int exponent = left - right + 127;
    if (rest < divisor) {
        rest <<= 1;
        exponent--;
    }
    /* one bit, then 8, 8, 8 and 2 bits: a rest has at most 24 bits */
    uint32_t quotient = 1;
    rest -= divisor;
    for (int digit = 0; digit < 3; digit++) {
        const uint32_t part = (rest << 8) / divisor;
        rest = (rest << 8) - part * divisor;
        quotient = quotient << 8 | part;
    }
    const uint32_t part = (rest << 2) / divisor;
    rest = (rest << 2) - part * divisor;
    quotient = quotient << 2 | part;
    return nmcu_pack(sign, exponent, quotient | (rest != 0));
}
