#include "layer_norm.h"

#include <string.h>

#include "arithmetic.h"
#include "layer.h"
#include "pipeline.h"

#define PIECE 32u               /* values of one channel at a time */
#define FIRST_GUESS 0x8A1CAC08u /* 2.158 * 2^30 */

static uint32_t mulhu(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b >> 32);
}

/* (2^46 / sqrt(w * 4^n)) >> (root_shift - n), rounded, for the n that brings w * 4^n into [2^30, 2^32). */
static uint32_t inverse_root(uint64_t w, uint32_t root_shift)
{
    uint32_t m = (uint32_t)w, r;

    while (w >> 32) {
        w >>= 2;
        m = (uint32_t)w;
        root_shift++;
    }
    while (m >> 30 == 0) {
        m <<= 2;
        root_shift--;
    }
    r = FIRST_GUESS - (m >> 2) - (m >> 4);
    for (unsigned i = 0; i < 3; i++)
        r = mulhu(r, (3u << 28) - mulhu(mulhu(r, r), m)) << 3;
    return (r + (1u << (root_shift - 1))) >> root_shift;
}

static void sums_of(const int8_t *x, uint32_t width, int32_t sums[2])
{
    if (width >= 4)
        nmcu_layer_norm_sums(x, width / 4, sums);
    else
        sums[0] = sums[1] = 0;
    for (uint32_t i = width & ~3u; i < width; i++) {
        sums[0] += x[i];
        sums[1] += x[i] * x[i];
    }
}

/* `count` values, the channels of each one after the other. */
NMCU_INLINE void values(nmcu_layer_norm_row_t *row, const nmcu_layer_norm_channel_t *channels, int8_t *y,
                        const int8_t *x, uint32_t count)
{
    const uint32_t words = count / 4, rest = count % 4;

    row->channels = channels;
    if (words) nmcu_layer_norm_words(row, y, x, words);
    if (rest) {
        nmcu_layer_norm_channel_t last[4] = {{0, 0}};
        int8_t last_x[4] = {0}, last_y[4];
        memcpy(last, channels + 4 * words, rest * sizeof last[0]);
        memcpy(last_x, x + 4 * words, rest);
        row->channels = last;
        nmcu_layer_norm_words(row, last_y, last_x, 1);
        memcpy(y + 4 * words, last_y, rest);
    }
}

/* A row of channels of `repeat` values each. */
static void runs(nmcu_layer_norm_row_t *row, const nmcu_layer_norm_channel_t *channels, int8_t *y,
                 const int8_t *x, uint32_t width, uint32_t repeat)
{
    nmcu_layer_norm_channel_t same[PIECE];

    for (uint32_t at = 0; at < width; channels++) {
        const uint32_t end = at + repeat;
        for (uint32_t i = 0; i < nmcu_min(repeat, PIECE); i++)
            same[i] = *channels;
        for (uint32_t count; at < end; at += count) {
            count = nmcu_min(end - at, PIECE);
            values(row, same, y + at, x + at, count);
        }
    }
}

/* What the values of a row are normalised by. */
static nmcu_layer_norm_factors_t factors_of(const nmcu_layer_norm_parameters_t *norm, const int8_t *x)
{
    const uint32_t width = norm->width;
    int32_t sums[2];

    sums_of(x, width, sums);
    const int32_t middle = norm->centred ? sums[0] : norm->middle;
    const uint64_t variance =
        (uint64_t)width * (uint32_t)sums[1] - (uint64_t)((int64_t)middle * (2 * sums[0] - middle));
    const uint32_t scale = inverse_root((variance << 8) + norm->epsilon, norm->root_shift);
    const nmcu_layer_norm_factors_t factors = {(int32_t)(width * scale),
                                               (int32_t)(0u - (uint32_t)middle * scale)};
    return factors;
}

/* Row by row. */
static void by_rows(const void *op, int8_t *y, const int8_t *x, uint32_t count, uint32_t first)
{
    const nmcu_layer_norm_parameters_t *norm = op;
    const nmcu_layer_norm_channel_t *channels = norm->channels + first * norm->step;
    nmcu_layer_norm_row_t row = {channels, 0, 0, norm->norm_shift, norm->shift};

    for (; count > 0; count--, x += norm->width, y += norm->width, channels += norm->step) {
        const nmcu_layer_norm_factors_t factors = factors_of(norm, x);
        row.scale = factors.scale;
        row.offset = factors.offset;
        if (norm->repeat == 1)
            values(&row, channels, y, x, norm->width);
        else
            runs(&row, channels, y, x, norm->width, norm->repeat);
    }
}

/* Words `from` to `end` of each of rows `first` to `first` + `count`; the last word may begin in the one before. */
static void columns(const nmcu_layer_norm_parameters_t *norm, int8_t *y, const int8_t *x, uint32_t from,
                    uint32_t end, uint32_t first, uint32_t count)
{
    const uint32_t whole = nmcu_min(end, norm->width / 4), last = norm->width - 4;
    nmcu_layer_norm_columns_t op = {norm->channels + 4 * from, norm->factors + first, norm->width,
                                    norm->norm_shift, norm->shift};

    x += first * norm->width;
    y += first * norm->width;
    if (count > 0 && from < whole)
        nmcu_layer_norm_columns(&op, y + 4 * from, x + 4 * from, count, whole - from);
    if (count > 0 && whole < end) {
        op.channels = norm->channels + last;
        nmcu_layer_norm_columns(&op, y + last, x + last, count, 1);
    }
}

/*
 * A tile's rows, channels first: each core has some rows' factors, then as many words of all rows as the others, and
 * some rows of the words that are left.
 */
static void by_columns(const void *op, int8_t *y, const int8_t *x, uint32_t count, uint32_t first)
{
    const nmcu_layer_norm_parameters_t *norm = op;
    const unsigned core = nmcu_core_id(), cores = nmcu_core_count();
    const uint32_t begin = nmcu_share_first(count, core, cores);
    const uint32_t end = nmcu_share_first(count, core + 1, cores);
    const uint32_t words = (norm->width + 3) / 4, each = words / cores;
    (void)first;

    for (uint32_t row = begin; row < end; row++)
        norm->factors[row] = factors_of(norm, x + row * norm->width);
    nmcu_barrier();
    columns(norm, y, x, core * each, (core + 1) * each, 0, count);
    columns(norm, y, x, cores * each, words, begin, end - begin);
}

void nmcu_layer_norm_run(const nmcu_layer_norm_t *layer)
{
    nmcu_layer_norm_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_layer_norm_t, copy, layer);
    if (copy->norm.factors)
        nmcu_rows_run_whole(&copy->rows, by_columns, &copy->norm);
    else
        nmcu_rows_run(&copy->rows, by_rows, &copy->norm);
}
