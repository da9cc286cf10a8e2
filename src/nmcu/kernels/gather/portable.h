/* The portable body that both word gathers share. */
#ifndef NMCU_GATHER_PORTABLE_H
#define NMCU_GATHER_PORTABLE_H

#include <string.h>

#include "gather.h"
#include "sum.h"
#include "vectors.h"

static inline int32_t nmcu_read_i32(const uint8_t *from)
{
    return *(const int32_t *)(const void *)from;
}

static inline int8_t *y_of_pixel(const nmcu_gather_block_t *block, unsigned pixel, unsigned pixels)
{
    return pixels == 8 ? block->y[0] + pixel * block->pixel_bytes : block->y[pixel];
}

/* Adds the products of one step, `words` of four pixels times four values of each channel, to the accumulators; words
 * are in the order of the values. */
#ifdef NMCU_VECTORS
typedef nmcu_sums_t nmcu_gather_sums_t; /* of four pixels, for the first two values and the last two */

static inline void nmcu_gather_step(nmcu_gather_sums_t (*sums)[2], const int8_t *const *words,
                                    const int8_t *value, unsigned channels, unsigned quads)
{
    for (unsigned q = 0; q < quads; q++) {
        const nmcu_bytes_t by_word =
            nmcu_bytes_of(nmcu_word_at(words[0] + 4 * q), nmcu_word_at(words[1] + 4 * q),
                          nmcu_word_at(words[2] + 4 * q), nmcu_word_at(words[3] + 4 * q));
        const nmcu_bytes_t x =
            __builtin_shufflevector(by_word, by_word, 0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
        for (unsigned c = 0; c < channels; c++) {
            const int32_t four = nmcu_word_at(value + 4 * c);
            const nmcu_bytes_t all = nmcu_bytes_of(four, four, four, four);
            sums[c][q] =
                nmcu_pairs(sums[c][q], x,
                           __builtin_shufflevector(all, all, 0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3));
        }
    }
}

static inline int32_t nmcu_gather_sum(const nmcu_gather_sums_t *sums, unsigned pixel)
{
    return sums[pixel / 4][pixel % 4] + sums[pixel / 4][pixel % 4 + 4];
}
#else
typedef int32_t nmcu_gather_sums_t[4];

static inline void nmcu_gather_step(nmcu_gather_sums_t (*sums)[2], const int8_t *const *words,
                                    const int8_t *value, unsigned channels, unsigned quads)
{
    for (unsigned c = 0; c < channels; c++)
        for (unsigned lane = 0; lane < 4; lane++)
            for (unsigned p = 0; p < 4 * quads; p++)
                sums[c][p / 4][p % 4] += value[4 * c + lane] * words[lane][p];
}

static inline int32_t nmcu_gather_sum(const nmcu_gather_sums_t *sums, unsigned pixel)
{
    return sums[pixel / 4][pixel % 4];
}
#endif

static inline void nmcu_gather_portable(const nmcu_gather_block_t *block, unsigned channels, unsigned pixels)
{
    static const uint8_t lane_of_entry[4] = {2, 0, 3, 1};
    const uint8_t *group = block->weights;
    const unsigned fours = block->segments * block->steps;

    for (unsigned g = 0; g < block->groups; g++) {
        const uint8_t *bias = group, *distance = group + 4 * channels;
        const int8_t *value = (const int8_t *)(distance + block->distance_bytes);
        const uint8_t *x = block->x + *distance++;
        nmcu_gather_sums_t sums[4][2];
        memset(sums, 0, sizeof sums);
        for (unsigned s = 0; s < block->segments; s++) {
            for (unsigned step = 0; step < block->steps; step++, value += 4 * channels) {
                const int8_t *words[4];
                for (unsigned i = 0; i < 4; i++) {
                    words[lane_of_entry[i]] = (const int8_t *)x;
                    x += *distance++;
                }
                nmcu_gather_step(sums, words, value, channels, pixels / 4);
            }
            if (s + 1 < block->segments) x += block->jump;
        }
        group += 4 * channels + block->distance_bytes + 4 * channels * fours;
        for (unsigned c = 0; c < channels; c++, group += 12)
            for (unsigned p = 0; p < pixels; p++) {
                int8_t *y = y_of_pixel(block, p, pixels) + channels * g + c;
                const int32_t acc = nmcu_read_i32(bias + 4 * c) + nmcu_gather_sum(sums[c], p);
                *y = nmcu_finished(block->add, block->residual, block->table, y,
                                   nmcu_requantize(&block->requant, acc, nmcu_read_i32(group),
                                                   nmcu_read_i32(group + 4), nmcu_read_i32(group + 8)));
            }
    }
}

#endif
