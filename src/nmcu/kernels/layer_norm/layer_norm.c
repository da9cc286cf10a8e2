#include "layer_norm.h"

#include <string.h>

#include "layer.h"

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

static void rows(const void *op, int8_t *y, const int8_t *x, uint32_t count)
{
    const nmcu_layer_norm_parameters_t *norm = op;
    const uint32_t width = norm->width, words = width / 4, rest = width % 4;
    nmcu_layer_norm_row_t row = {norm->channels, 0, 0, norm->norm_shift, norm->shift};

    for (; count > 0; count--, x += width, y += width) {
        int32_t sums[2];
        sums_of(x, width, sums);
        const uint64_t variance =
            (uint64_t)width * (uint32_t)sums[1] - (uint64_t)((int64_t)sums[0] * sums[0]);
        const uint32_t scale = inverse_root((variance << 8) + norm->epsilon, norm->root_shift);
        row.channels = norm->channels;
        row.scale = (int32_t)(width * scale);
        row.offset = (int32_t)(0u - (uint32_t)sums[0] * scale);
        if (words) nmcu_layer_norm_words(&row, y, x, words);
        if (rest) {
            nmcu_layer_norm_channel_t last[4] = {{0, 0}};
            int8_t last_x[4] = {0}, last_y[4];
            memcpy(last, norm->channels + 4 * words, rest * sizeof last[0]);
            memcpy(last_x, x + 4 * words, rest);
            row.channels = last;
            nmcu_layer_norm_words(&row, last_y, last_x, 1);
            memcpy(y + 4 * words, last_y, rest);
        }
    }
}

void nmcu_layer_norm_run(const nmcu_layer_norm_t *layer)
{
    nmcu_layer_norm_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_layer_norm_t, copy, layer);
    nmcu_rows_run(&copy->rows, rows, &copy->norm);
}
