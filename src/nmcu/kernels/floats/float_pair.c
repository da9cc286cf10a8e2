#include "floats.h"

void nmcu_float_pair_run(const nmcu_float_pair_t *layer)
{
    const nmcu_float_pair_t pair = *layer; /* one copy in fast memory */
    const uint32_t core = nmcu_core_id(), cores = nmcu_core_count();
    const uint32_t width = pair.size[NMCU_FLOAT_AXES - 1];
    uint32_t index[NMCU_FLOAT_AXES], count = 1;

    for (unsigned axis = 0; axis < NMCU_FLOAT_AXES; axis++)
        count *= pair.size[axis];
    const uint32_t first = nmcu_float_first(count, core, cores),
                   end = nmcu_float_first(count, core + 1, cores);
    for (uint32_t axis = NMCU_FLOAT_AXES, rest = first; axis-- > 0; rest /= pair.size[axis])
        index[axis] = rest % pair.size[axis];
    for (uint32_t at = first; at < end;) {
        const float *a = pair.a, *b = pair.b;
        uint32_t run = width - index[NMCU_FLOAT_AXES - 1];
        if (run > end - at) run = end - at;
        for (unsigned axis = 0; axis < NMCU_FLOAT_AXES; axis++) {
            a += index[axis] * pair.a_stride[axis];
            b += index[axis] * pair.b_stride[axis];
        }
        for (; run > 0; run--, at++) {
            pair.y[at] = nmcu_float_canonical(pair.function(*a, *b));
            a += pair.a_stride[NMCU_FLOAT_AXES - 1];
            b += pair.b_stride[NMCU_FLOAT_AXES - 1];
        }
        index[NMCU_FLOAT_AXES - 1] = 0;
        for (unsigned axis = NMCU_FLOAT_AXES - 1; axis-- > 0;) {
            if (++index[axis] < pair.size[axis]) break;
            index[axis] = 0;
        }
    }
    nmcu_barrier();
}

float nmcu_float_add(float a, float b)
{
    return a + b;
}

float nmcu_float_sub(float a, float b)
{
    return a - b;
}

float nmcu_float_mul(float a, float b)
{
    return a * b;
}

float nmcu_float_div(float a, float b)
{
    return a / b;
}

float nmcu_float_min(float a, float b)
{
    return b < a ? b : a;
}

float nmcu_float_max(float a, float b)
{
    return b > a ? b : a;
}
