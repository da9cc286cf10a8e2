#include "floats.h"

void nmcu_dequantize_run(const nmcu_dequantize_t *layer)
{
    const nmcu_dequantize_t how = *layer; /* one copy in fast memory */
    const uint32_t core = nmcu_core_id(), cores = nmcu_core_count();
    const uint32_t first = nmcu_float_first(how.count, core, cores);
    const uint32_t end = nmcu_float_first(how.count, core + 1, cores);
    uint32_t channel = first % how.channels;

    for (uint32_t i = first; i < end; i++) {
        how.y[i] = (float)how.x[i] * how.scale[channel];
        if (++channel == how.channels) channel = 0;
    }
    nmcu_barrier();
}

/* A float32 rounded to an integer, halves to even, at most 1024 in size. */
static int32_t nearest(float x)
{
    const uint32_t bits = nmcu_float_bits(x), magnitude = bits & ~NMCU_FLOAT_SIGN;
    const int shift = 150 - (int)(magnitude >> 23);
    uint32_t value;

    if (shift > 25) return 0;
    if (shift < 14) {
        value = 1024;
    } else {
        const uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
        const uint32_t rest = mantissa << (32 - shift), half = 0x80000000u;
        value = mantissa >> shift;
        if (rest > half || (rest == half && (value & 1))) value++;
    }
    return bits >> 31 ? -(int32_t)value : (int32_t)value;
}

void nmcu_quantize_run(const nmcu_quantize_t *layer)
{
    const nmcu_quantize_t how = *layer; /* one copy in fast memory */
    const uint32_t core = nmcu_core_id(), cores = nmcu_core_count();
    const uint32_t end = nmcu_float_first(how.count, core + 1, cores);

    for (uint32_t i = nmcu_float_first(how.count, core, cores); i < end; i++) {
        const float ratio = how.x[i] / nmcu_float_of(how.scale);
        const int32_t value =
            how.zero_point +
            ((nmcu_float_bits(ratio) & ~NMCU_FLOAT_SIGN) > NMCU_FLOAT_INFINITY ? 0 : nearest(ratio));
        how.y[i] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    }
    nmcu_barrier();
}
