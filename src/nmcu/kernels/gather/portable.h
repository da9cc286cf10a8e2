/* The portable body that both word gathers share. */
#ifndef NMCU_GATHER_PORTABLE_H
#define NMCU_GATHER_PORTABLE_H

#include "gather.h"
#include "sum.h"

static inline int32_t nmcu_read_i32(const uint8_t *from)
{
    return *(const int32_t *)(const void *)from;
}

static inline int8_t *y_of_pixel(const nmcu_gather_block_t *block, unsigned pixel, unsigned pixels)
{
    return pixels == 8 ? block->y[0] + pixel * block->pixel_bytes : block->y[pixel];
}

static inline void nmcu_gather_portable(const nmcu_gather_block_t *block, unsigned channels, unsigned pixels)
{
    static const uint8_t entry_of_lane[4] = {1, 3, 0, 2};
    const uint8_t *group = block->weights;
    const unsigned fours = block->segments * block->steps;

    for (unsigned g = 0; g < block->groups; g++) {
        const uint8_t *distance = group + 4 * channels;
        const int8_t *value = (const int8_t *)(distance + block->distance_bytes);
        const uint8_t *x = block->x + *distance++;
        int32_t acc[4][8];
        for (unsigned c = 0; c < channels; c++)
            for (unsigned p = 0; p < pixels; p++)
                acc[c][p] = nmcu_read_i32(group + 4 * c);
        for (unsigned s = 0; s < block->segments; s++) {
            for (unsigned step = 0; step < block->steps; step++, value += 4 * channels) {
                const int8_t *word[4];
                for (unsigned i = 0; i < 4; i++) {
                    word[i] = (const int8_t *)x;
                    x += *distance++;
                }
                for (unsigned c = 0; c < channels; c++)
                    for (unsigned lane = 0; lane < 4; lane++)
                        for (unsigned p = 0; p < pixels; p++)
                            acc[c][p] += value[4 * c + lane] * word[entry_of_lane[lane]][p];
            }
            if (s + 1 < block->segments) x += block->jump;
        }
        group += 4 * channels + block->distance_bytes + 4 * channels * fours;
        for (unsigned c = 0; c < channels; c++, group += 12)
            for (unsigned p = 0; p < pixels; p++) {
                int8_t *y = y_of_pixel(block, p, pixels) + channels * g + c;
                *y = nmcu_finished(block->add, block->residual, block->table, y,
                                   nmcu_requantize(&block->requant, acc[c][p], nmcu_read_i32(group),
                                                   nmcu_read_i32(group + 4), nmcu_read_i32(group + 8)));
            }
    }
}

#endif
