/* float32 functions, bit for bit those of graph/float32.py, where their errors are stated. */
#ifndef NMCU_FLOAT_MATH_H
#define NMCU_FLOAT_MATH_H

#include <stdint.h>

typedef union {
    float value;
    uint32_t bits;
} nmcu_float_t;

static inline uint32_t nmcu_float_bits(float x)
{
    return ((nmcu_float_t){.value = x}).bits;
}

static inline float nmcu_float_of(uint32_t bits)
{
    return ((nmcu_float_t){.bits = bits}).value;
}

#define NMCU_FLOAT_SIGN 0x80000000u
#define NMCU_FLOAT_INFINITY 0x7F800000u
#define NMCU_FLOAT_NAN 0x7FC00000u

/* `x` with one bit pattern for every NaN: what kernels write. */
static inline float nmcu_float_canonical(float x)
{
    const uint32_t bits = nmcu_float_bits(x);
    return (bits & ~NMCU_FLOAT_SIGN) > NMCU_FLOAT_INFINITY ? nmcu_float_of(NMCU_FLOAT_NAN) : x;
}

static inline float nmcu_float_abs(float x)
{
    return nmcu_float_of(nmcu_float_bits(x) & ~NMCU_FLOAT_SIGN);
}

static inline float nmcu_float_clip(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

float nmcu_float_exp(float x);
float nmcu_float_log(float x);
float nmcu_float_sqrt(float x);
float nmcu_float_tanh(float x);
float nmcu_float_sigmoid(float x);
float nmcu_float_softplus(float x);

#endif
