/*
 * Layers in float32, without a floating-point unit: what a value costs (50 to 500 cycles) hides where it lies, so
 * operands and results stay in L2, and the cores share the values. Bit for bit as graph/float32.py; no fused products.
 */
#ifndef NMCU_FLOATS_H
#define NMCU_FLOATS_H

#include "float_math.h"
#include "nmcu_hal.h"

#define NMCU_FLOAT_AXES 4
#define NMCU_FLOAT_LANES 8

/* y[i] = f(x[i]). */
typedef struct nmcu_float_map {
    const float *x;
    float *y;
    uint32_t count;
    uint32_t alpha, beta; /* parameters, as bits */
    float (*function)(const struct nmcu_float_map *map, float x);
} nmcu_float_map_t;

void nmcu_float_map_run(const nmcu_float_map_t *map);

typedef float nmcu_float_unary_fn(const nmcu_float_map_t *map, float x);
nmcu_float_unary_fn nmcu_float_map_abs, nmcu_float_map_clip, nmcu_float_map_elu, nmcu_float_map_exp,
    nmcu_float_map_gelu_tanh, nmcu_float_map_hardsigmoid, nmcu_float_map_hardswish, nmcu_float_map_leakyrelu,
    nmcu_float_map_log, nmcu_float_map_neg, nmcu_float_map_reciprocal, nmcu_float_map_rsqrt,
    nmcu_float_map_sigmoid, nmcu_float_map_silu, nmcu_float_map_softplus, nmcu_float_map_sqrt,
    nmcu_float_map_square, nmcu_float_map_tanh;

/* y = f(a, b), both broadcast to `size` (innermost last) by strides in elements. */
typedef struct {
    const float *a, *b;
    float *y;
    uint32_t size[NMCU_FLOAT_AXES];
    uint32_t a_stride[NMCU_FLOAT_AXES], b_stride[NMCU_FLOAT_AXES];
    float (*function)(float a, float b);
} nmcu_float_pair_t;

void nmcu_float_pair_run(const nmcu_float_pair_t *pair);

typedef float nmcu_float_binary_fn(float a, float b);
nmcu_float_binary_fn nmcu_float_add, nmcu_float_sub, nmcu_float_mul, nmcu_float_div, nmcu_float_min,
    nmcu_float_max;

/* Rows of `width` values become rows of as many (softmax) or of one (sum). `lanes` are 2 * NMCU_FLOAT_LANES values that
 * the cores share where there are fewer rows than cores. */
typedef struct nmcu_float_rows {
    const float *x;
    float *y;
    uint32_t rows, width, out_width;
    float *lanes;
    void (*function)(const struct nmcu_float_rows *rows, float *y, const float *x, float *lanes,
                     uint32_t core, uint32_t cores);
} nmcu_float_rows_t;

void nmcu_float_rows_run(const nmcu_float_rows_t *rows);

typedef void nmcu_float_row_fn(const nmcu_float_rows_t *rows, float *y, const float *x, float *lanes,
                               uint32_t core, uint32_t cores);
nmcu_float_row_fn nmcu_float_row_sum, nmcu_float_row_mean, nmcu_float_row_max, nmcu_float_row_min,
    nmcu_float_row_softmax, nmcu_float_row_logsoftmax;

/* y[i] = table[i mod channels][x[i] + 128]. */
typedef struct {
    const int8_t *x;
    float *y;
    const float *table;
    uint32_t count, channels;
} nmcu_float_table_t;

void nmcu_float_table_run(const nmcu_float_table_t *layer);

/* y[i] = x[i] * scale[i mod channels]. */
typedef struct {
    const int32_t *x;
    float *y;
    const float *scale;
    uint32_t count, channels;
} nmcu_dequantize_t;

void nmcu_dequantize_run(const nmcu_dequantize_t *layer);

/* y[i] = clamp(round_half_even(x[i] / scale) + zero_point, -128, 127); the zero point for what is not a number. */
typedef struct {
    const float *x;
    int8_t *y;
    uint32_t count;
    uint32_t scale; /* as bits */
    int32_t zero_point;
} nmcu_quantize_t;

void nmcu_quantize_run(const nmcu_quantize_t *layer);

/* The first of `count` values that belong to `core`: those of core c are [first(c), first(c + 1)). */
static inline uint32_t nmcu_float_first(uint32_t count, uint32_t core, uint32_t cores)
{
    const uint32_t each = count / cores, more = count - each * cores;
    return core * each + (core < more ? core : more);
}

#endif
