#include "floats.h"

void nmcu_float_map_run(const nmcu_float_map_t *layer)
{
    const nmcu_float_map_t map = *layer; /* one copy in fast memory */
    const uint32_t core = nmcu_core_id(), cores = nmcu_core_count();
    const uint32_t end = nmcu_float_first(map.count, core + 1, cores);

    for (uint32_t i = nmcu_float_first(map.count, core, cores); i < end; i++)
        map.y[i] = nmcu_float_canonical(map.function(&map, map.x[i]));
    nmcu_barrier();
}

#define UNARY(name, result)                                                      \
    float nmcu_float_map_##name(const nmcu_float_map_t *map, float x)            \
    {                                                                            \
        const float a = nmcu_float_of(map->alpha), b = nmcu_float_of(map->beta); \
        (void)a, (void)b;                                                        \
        return result;                                                           \
    }

static float gelu(float x)
{
    const float cube = 0.044715f * (x * x * x);
    return 0.5f * x * (1.0f + nmcu_float_tanh(0.797884583f * (x + cube)));
}

UNARY(abs, nmcu_float_abs(x))
UNARY(clip, nmcu_float_clip(x, a, b))
UNARY(elu, x > 0.0f ? x : a * (nmcu_float_exp(x) - 1.0f))
UNARY(exp, nmcu_float_exp(x))
UNARY(gelu_tanh, gelu(x))
UNARY(hardsigmoid, nmcu_float_clip(a *x + b, 0.0f, 1.0f))
UNARY(hardswish, x *nmcu_float_clip(a *x + b, 0.0f, 1.0f))
UNARY(leakyrelu, x < 0.0f ? a * x : x)
UNARY(log, nmcu_float_log(x))
UNARY(neg, -x)
UNARY(reciprocal, 1.0f / x)
UNARY(rsqrt, 1.0f / nmcu_float_sqrt(x))
UNARY(sigmoid, nmcu_float_sigmoid(x))
UNARY(silu, x *nmcu_float_sigmoid(x))
UNARY(softplus, nmcu_float_softplus(x))
UNARY(sqrt, nmcu_float_sqrt(x))
UNARY(square, x *x)
UNARY(tanh, nmcu_float_tanh(x))
