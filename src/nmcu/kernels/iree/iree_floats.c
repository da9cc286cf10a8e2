/* What IREE's code calls of the C library's float32 functions, on bits: as soft float passes them, rounded as IEEE 754
 * says. A result that is not a number is always NOT_A_NUMBER. (The square root is nmcu_float_sqrt.) */
#include <stdint.h>

#define SIGN 0x80000000u
#define MAGNITUDE 0x7FFFFFFFu
#define INFINITE 0x7F800000u
#define NOT_A_NUMBER 0x7FC00000u
#define HIDDEN 0x00800000u
#define ONE 0x3F800000u

uint32_t nmcu_iree_truncf(uint32_t x);
uint32_t nmcu_iree_floorf(uint32_t x);
uint32_t nmcu_iree_ceilf(uint32_t x);
uint32_t nmcu_iree_roundf(uint32_t x);
uint32_t nmcu_iree_roundevenf(uint32_t x);
uint32_t nmcu_iree_rintf(uint32_t x);
uint32_t nmcu_iree_fmaxf(uint32_t x, uint32_t y);
uint32_t nmcu_iree_fminf(uint32_t x, uint32_t y);
uint32_t nmcu_iree_fmaximumf(uint32_t x, uint32_t y);
uint32_t nmcu_iree_fminimumf(uint32_t x, uint32_t y);
uint32_t nmcu_iree_fmodf(uint32_t x, uint32_t y);
uint32_t nmcu_iree_fmaf(uint32_t x, uint32_t y, uint32_t z);
uint32_t nmcu_iree_floatdisf(int64_t x);
uint32_t nmcu_iree_floatundisf(uint64_t x);
int64_t nmcu_iree_fixsfdi(uint32_t x);
uint64_t nmcu_iree_fixunssfdi(uint32_t x);

/* The exponent of the value of the first bit: 0 for 1.0. */
static int exponent_of(uint32_t x)
{
    return (int)((x & MAGNITUDE) >> 23) - 127;
}

static int is_nan(uint32_t x)
{
    return (x & MAGNITUDE) > INFINITE;
}

/* `x` as an integer, towards zero where `more` is 0; it is added to the magnitude first, from 0 to one bit less than
 * what an integer's step is. `below_one` is the result for magnitudes under 1. */
static uint32_t integer(uint32_t x, uint32_t more, uint32_t below_one)
{
    const int exponent = exponent_of(x);

    if (is_nan(x)) return NOT_A_NUMBER;
    if (exponent >= 23) return x;
    if (exponent < 0) return (x & SIGN) | below_one;
    return (x + more) & ~((HIDDEN - 1) >> exponent);
}

/* All bits behind the point; half an integer's step. */
static uint32_t behind(uint32_t x)
{
    const int exponent = exponent_of(x);
    return exponent >= 0 && exponent < 23 ? (HIDDEN - 1) >> exponent : 0;
}

static uint32_t half(uint32_t x)
{
    return (behind(x) >> 1) + (behind(x) & 1);
}

uint32_t nmcu_iree_truncf(uint32_t x)
{
    return integer(x, 0, 0);
}

uint32_t nmcu_iree_floorf(uint32_t x)
{
    return x & SIGN ? integer(x, behind(x), x & MAGNITUDE ? ONE : 0) : integer(x, 0, 0);
}

uint32_t nmcu_iree_ceilf(uint32_t x)
{
    return x & SIGN ? integer(x, 0, 0) : integer(x, behind(x), x ? ONE : 0);
}

uint32_t nmcu_iree_roundf(uint32_t x)
{
    return integer(x, half(x), exponent_of(x) == -1 ? ONE : 0);
}

uint32_t nmcu_iree_roundevenf(uint32_t x)
{
    const uint32_t odd = behind(x) ? x >> (23 - exponent_of(x)) & 1 : 0;
    const uint32_t more = behind(x) ? half(x) - 1 + odd : 0;
    return integer(x, more, (x & MAGNITUDE) > ONE - HIDDEN ? ONE : 0);
}

uint32_t nmcu_iree_rintf(uint32_t x)
{
    return nmcu_iree_roundevenf(x);
}

/* In the order of the numbers. */
static int32_t ordered(uint32_t x)
{
    return (int32_t)(x & SIGN ? SIGN - x : x);
}

uint32_t nmcu_iree_fmaxf(uint32_t x, uint32_t y)
{
    if (is_nan(x) || is_nan(y)) return !is_nan(x) ? x : !is_nan(y) ? y : NOT_A_NUMBER;
    return ordered(x) < ordered(y) || (ordered(x) == ordered(y) && x & SIGN) ? y : x;
}

uint32_t nmcu_iree_fminf(uint32_t x, uint32_t y)
{
    if (is_nan(x) || is_nan(y)) return !is_nan(x) ? x : !is_nan(y) ? y : NOT_A_NUMBER;
    return ordered(x) > ordered(y) || (ordered(x) == ordered(y) && y & SIGN) ? y : x;
}

uint32_t nmcu_iree_fmaximumf(uint32_t x, uint32_t y)
{
    return is_nan(x) || is_nan(y) ? NOT_A_NUMBER : nmcu_iree_fmaxf(x, y);
}

uint32_t nmcu_iree_fminimumf(uint32_t x, uint32_t y)
{
    return is_nan(x) || is_nan(y) ? NOT_A_NUMBER : nmcu_iree_fminf(x, y);
}

/* A finite magnitude that is not 0 as mantissa, whose hidden bit is set, and exponent of its last bit. */
static uint32_t mantissa_of(uint32_t x, int *exponent)
{
    const uint32_t magnitude = x & MAGNITUDE;
    int shift = 0;

    *exponent = exponent_of(x) - 23;
    if (magnitude >= HIDDEN) return (magnitude & (HIDDEN - 1)) | HIDDEN;
    shift = __builtin_clz(magnitude) - 8;
    *exponent = -149 - shift;
    return magnitude << shift;
}

/* The number `mantissa` * 2^`exponent`; of a mantissa of more than 26 bits the last one says whether any lower one was
 * set. */
static uint32_t packed(uint32_t sign, uint64_t mantissa, int exponent)
{
    if (mantissa == 0) return sign;
    int bits = 64 - (mantissa >> 32 ? __builtin_clz((uint32_t)(mantissa >> 32))
                                    : 32 + __builtin_clz((uint32_t)mantissa));
    int drop = bits - 24;
    if (exponent + drop < -149) drop = -149 - exponent;
    if (drop <= 0) { /* exact */
        mantissa <<= -drop;
    } else if (drop > 62) {
        mantissa = 0;
    } else {
        const uint64_t rest = mantissa & ((1ull << drop) - 1), middle = 1ull << (drop - 1);
        mantissa >>= drop;
        if (rest > middle || (rest == middle && (mantissa & 1))) mantissa++;
    }
    exponent += drop;
    if (mantissa >> 24) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent + 23 > 127) return sign | INFINITE;
    if (!(mantissa >> 23)) return sign | (uint32_t)mantissa;
    return sign | (uint32_t)(exponent + 23 + 127) << 23 | ((uint32_t)mantissa & (HIDDEN - 1));
}

uint32_t nmcu_iree_fmodf(uint32_t x, uint32_t y)
{
    const uint32_t left = x & MAGNITUDE, right = y & MAGNITUDE;

    if (left >= INFINITE || right > INFINITE || right == 0) return NOT_A_NUMBER;
    if (left < right) return x;
    int exponent, lower;
    uint32_t rest = mantissa_of(x, &exponent);
    const uint32_t divisor = mantissa_of(y, &lower);
    rest %= divisor;
    for (; exponent > lower && rest; exponent--)
        rest = (rest << 1) % divisor;
    return packed(x & SIGN, rest, lower);
}

/* `mantissa` to the right, its last bit set where any that it lost was. */
static uint64_t shifted(uint64_t mantissa, int by)
{
    if (by <= 0) return mantissa;
    if (by > 63) return mantissa != 0;
    return mantissa >> by | ((mantissa & ((1ull << by) - 1)) != 0);
}

uint32_t nmcu_iree_fmaf(uint32_t x, uint32_t y, uint32_t z)
{
    const uint32_t sign = (x ^ y) & SIGN, left = x & MAGNITUDE, right = y & MAGNITUDE, third = z & MAGNITUDE;

    if (is_nan(x) || is_nan(y) || is_nan(z)) return NOT_A_NUMBER;
    if (left == INFINITE || right == INFINITE) {
        const int none = left == 0 || right == 0 || (third == INFINITE && (z & SIGN) != sign);
        return none ? NOT_A_NUMBER : sign | INFINITE;
    }
    if (third == INFINITE) return z;
    if (left == 0 || right == 0) return third ? z : sign & z;
    int first, second, exponent, lower;
    uint64_t product = mantissa_of(x, &first), addend = 0;
    product *= mantissa_of(y, &second);
    product <<= 14; /* first bit at 60 or 61 */
    exponent = first + second - 14;
    if (third == 0) return packed(sign, product, exponent);
    addend = (uint64_t)mantissa_of(z, &lower) << 38; /* first bit at 61 */
    lower -= 38;
    if (exponent >= lower) {
        addend = shifted(addend, exponent - lower);
    } else {
        product = shifted(product, lower - exponent);
        exponent = lower;
    }
    if (sign == (z & SIGN)) return packed(sign, product + addend, exponent);
    if (product == addend) return 0;
    return product > addend ? packed(sign, product - addend, exponent)
                            : packed(z & SIGN, addend - product, exponent);
}

uint32_t nmcu_iree_floatundisf(uint64_t x)
{
    return packed(0, x, 0);
}

uint32_t nmcu_iree_floatdisf(int64_t x)
{
    return x < 0 ? packed(SIGN, -(uint64_t)x, 0) : packed(0, (uint64_t)x, 0);
}

/* The integer part of a magnitude below 2^64. */
static uint64_t whole(uint32_t x)
{
    const uint64_t mantissa = (x & (HIDDEN - 1)) | HIDDEN;
    const int exponent = exponent_of(x);

    if (exponent < 0) return 0;
    return exponent < 23 ? mantissa >> (23 - exponent) : mantissa << (exponent - 23);
}

/* What is too large becomes the largest, and what is not a number 0. */
uint64_t nmcu_iree_fixunssfdi(uint32_t x)
{
    if (is_nan(x) || x & SIGN) return 0;
    return exponent_of(x) > 63 ? UINT64_MAX : whole(x);
}

int64_t nmcu_iree_fixsfdi(uint32_t x)
{
    if (is_nan(x)) return 0;
    if (exponent_of(x) > 62) return x & SIGN ? INT64_MIN : INT64_MAX;
    return x & SIGN ? -(int64_t)whole(x) : (int64_t)whole(x);
}
