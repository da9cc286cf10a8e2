#include "float_math.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HIDDEN 0x00800000u
#define LOG2_E 793129986396ull   /* in units of 2^-39 */
#define LN_2 24973259072661437ll /* in units of 2^-55 */
#define ROOT_2 0xB504F3u

static uint32_t high_product(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a * b) >> 32);
}

static int leading_zeros(uint64_t value)
{
    const uint32_t high = (uint32_t)(value >> 32);
    return high ? __builtin_clz(high) : 32 + __builtin_clz((uint32_t)value);
}

float nmcu_float_exp(float x)
{
    static const uint32_t series[] = {89043, 627479, 5750554, 41301092, 238389752, 1031764902, 2977044473};
    const uint32_t bits = nmcu_float_bits(x), magnitude = bits & ~NMCU_FLOAT_SIGN;
    const int negative = (int)(bits >> 31), exponent = (int)(magnitude >> 23);

    if (magnitude > NMCU_FLOAT_INFINITY) return nmcu_float_of(NMCU_FLOAT_NAN);
    if (exponent < 100) return 1.0f;
    if (exponent > 133) return negative ? 0.0f : nmcu_float_of(NMCU_FLOAT_INFINITY);
    const uint64_t product = ((magnitude & (HIDDEN - 1)) | HIDDEN) * LOG2_E;
    int64_t scaled = (int64_t)(product >> (157 - exponent));
    if (negative) scaled = -scaled;
    const int whole = (int)(scaled >> 32);
    const uint32_t part = (uint32_t)scaled;
    uint32_t value = 0;
    for (unsigned i = 0; i < COUNT(series); i++)
        value = series[i] + high_product(value, part);
    value = high_product(value, part);
    if (whole >= -126) {
        const uint32_t result = ((uint32_t)(whole + 127) << 23) + (value >> 9) + (value >> 8 & 1);
        return nmcu_float_of(result > NMCU_FLOAT_INFINITY ? NMCU_FLOAT_INFINITY : result);
    }
    const int shift = -117 - whole < 40 ? -117 - whole : 40;
    return nmcu_float_of((uint32_t)(((1ull << 32 | value) + (1ull << (shift - 1))) >> shift));
}

/* `value` times 2^-point, halves to even. */
static float rounded(int64_t value, int point)
{
    const uint32_t sign = value < 0 ? NMCU_FLOAT_SIGN : 0;
    const uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

    if (magnitude == 0) return 0.0f;
    const int top = 63 - leading_zeros(magnitude);
    const uint32_t exponent = (uint32_t)(top - point + 127);
    if (top <= 23)
        return nmcu_float_of(sign | ((exponent << 23) + (((uint32_t)magnitude << (23 - top)) - HIDDEN)));
    const int shift = top - 23;
    const uint64_t rest = magnitude << (64 - shift), half = 1ull << 63;
    uint32_t result = (exponent << 23) + ((uint32_t)(magnitude >> shift) - HIDDEN);
    if (rest > half || (rest == half && (result & 1))) result++;
    return nmcu_float_of(sign | result);
}

float nmcu_float_log(float x)
{
    static const int32_t series[] = {70570678,  -124777134, 128268283, -133367371, 152603239, -178955784,
                                     214775595, -268436126, 357913612, -536870906, 1073741825};
    const uint32_t bits = nmcu_float_bits(x), magnitude = bits & ~NMCU_FLOAT_SIGN;

    if (magnitude == 0) return nmcu_float_of(NMCU_FLOAT_SIGN | NMCU_FLOAT_INFINITY);
    if (magnitude > NMCU_FLOAT_INFINITY || bits >> 31) return nmcu_float_of(NMCU_FLOAT_NAN);
    if (magnitude == NMCU_FLOAT_INFINITY) return x;
    int power = (int)(magnitude >> 23) - 127;
    uint32_t mantissa = (magnitude & (HIDDEN - 1)) | HIDDEN;
    if (magnitude < HIDDEN) {
        const int shift = __builtin_clz(magnitude) - 8;
        mantissa = magnitude << shift;
        power = -126 - shift;
    }
    int32_t rest;
    if (mantissa >= ROOT_2) {
        power++;
        rest = ((int32_t)mantissa - 2 * (int32_t)HIDDEN) * 256;
    } else {
        rest = ((int32_t)mantissa - (int32_t)HIDDEN) * 512;
    }
    int32_t value = 0;
    for (unsigned i = 0; i < COUNT(series); i++)
        value = series[i] + (int32_t)(((int64_t)value * rest) >> 32);
    const int64_t product = (int64_t)rest * value;
    return power == 0 ? rounded(product, 62) : rounded((product >> 7) + power * LN_2, 55);
}

/* Two bits of the radicand, one of the root at a time; exactly rounded. */
float nmcu_float_sqrt(float x)
{
    const uint32_t bits = nmcu_float_bits(x), magnitude = bits & ~NMCU_FLOAT_SIGN;

    if (magnitude == 0 || bits == NMCU_FLOAT_INFINITY) return x;
    if (bits > NMCU_FLOAT_INFINITY) return nmcu_float_of(NMCU_FLOAT_NAN);
    int exponent = (int)(magnitude >> 23) - 127;
    uint32_t mantissa = (magnitude & (HIDDEN - 1)) | HIDDEN;
    if (magnitude < HIDDEN) {
        const int shift = __builtin_clz(magnitude) - 8;
        mantissa = magnitude << shift;
        exponent = -126 - shift;
    }
    uint32_t left = mantissa << (7 + (exponent & 1)), rest = 0, root = 0;
    for (int i = 0; i < 25; i++) {
        rest = rest << 2 | left >> 30;
        left <<= 2;
        const uint32_t trial = root << 2 | 1;
        root <<= 1;
        if (rest >= trial) {
            rest -= trial;
            root |= 1;
        }
    }
    const uint32_t half = (uint32_t)((exponent - (exponent & 1)) / 2 + 127);
    return nmcu_float_of((half << 23) + ((root + 1) >> 1) - HIDDEN);
}

float nmcu_float_tanh(float x)
{
    static const float series[] = {0.00190950022f, -0.0079338038f, 0.0216153171f,
                                   -0.0539358519f, 0.133331791f,   -0.333333313f};
    const float size = nmcu_float_abs(x);
    float result;

    if (size < 0.55f) {
        const float square = size * size;
        float value = 0.0f;
        for (unsigned i = 0; i < COUNT(series); i++)
            value = value * square + series[i];
        result = size + size * (square * value);
    } else {
        result = 1.0f - 2.0f / (nmcu_float_exp(size + size) + 1.0f);
    }
    return nmcu_float_of(nmcu_float_bits(result) | (nmcu_float_bits(x) & NMCU_FLOAT_SIGN));
}

float nmcu_float_sigmoid(float x)
{
    const float power = nmcu_float_exp(-nmcu_float_abs(x));
    return (x < 0.0f ? power : 1.0f) / (1.0f + power);
}

float nmcu_float_softplus(float x)
{
    const float power = nmcu_float_exp(-nmcu_float_abs(x)), total = 1.0f + power;
    const float part = total == 1.0f ? power : nmcu_float_log(total) * (power / (total - 1.0f));
    return (x > 0.0f ? x : 0.0f) + part;
}
