/* The portable body that the dense block functions share. */
#ifndef NMCU_DENSE_PORTABLE_H
#define NMCU_DENSE_PORTABLE_H

#include "block.h"
#include "quad.h"
#include "sum.h"

/* One pixel and group: the window at `x`, four results at `y`, `weights` behind their constants. */
static inline void nmcu_dense_pixel(const nmcu_block_t *block, const nmcu_channels4_t *channels,
                                    const int8_t *weights, const int8_t *x, int8_t *y)
{
    int32_t acc[4];

    for (unsigned c = 0; c < 4; c++)
        acc[c] = channels->bias[c];
    for (unsigned s = 0; s < block->segments; s++) {
        nmcu_quad_add(acc, x, weights, block->segment_words);
        x += 4 * (int32_t)block->segment_words + block->jumps[s];
        weights += 16 * block->segment_words;
    }
    for (unsigned c = 0; c < 4; c++, y++)
        *y = nmcu_finished(block->add, block->residual, block->table, y,
                           nmcu_requantize(&block->requant, acc[c], channels->multiplier[c],
                                           channels->round[c], channels->shift[c]));
}

/* Blocks of so many pixels; the weights of a group begin `head` bytes behind its nmcu_channels4_t. */
static inline void nmcu_dense_portable(nmcu_block_t *block, unsigned pixels, unsigned head)
{
    const unsigned group_bytes = head + 16 * block->segments * block->segment_words;

    for (; block->blocks; block->blocks--) {
        const uint8_t *group = block->weights;
        for (unsigned g = 0; g < block->groups; g++, group += group_bytes)
            for (unsigned p = 0; p < pixels; p++)
                nmcu_dense_pixel(block, (const nmcu_channels4_t *)(const void *)group,
                                 (const int8_t *)group + head, block->x[p],
                                 block->y + p * block->y_pitch + 4 * g);
        for (unsigned p = 0; p < pixels; p++)
            block->x[p] += block->x_step;
        block->y += pixels * block->y_pitch;
    }
}

#endif
