/* The portable body that the dense block functions share. */
#ifndef NMCU_DENSE_PORTABLE_H
#define NMCU_DENSE_PORTABLE_H

#include "block.h"
#include "sum.h"

/* One pixel: the window at `x`, `groups` groups of results at `y`; the weights of a group begin `head` bytes behind its
 * nmcu_channels4_t. */
static inline void nmcu_dense_pixel(const nmcu_block_t *block, const int8_t *x, int8_t *y, unsigned head)
{
    const uint8_t *group = block->weights;

    for (unsigned g = 0; g < block->groups; g++) {
        const nmcu_channels4_t *channels = (const nmcu_channels4_t *)(const void *)group;
        const int8_t *w = (const int8_t *)(group + head);
        int32_t acc[4];
        for (unsigned c = 0; c < 4; c++)
            acc[c] = channels->bias[c];
        for (unsigned s = 0; s < block->segments; s++) {
            for (unsigned i = 0; i < block->segment_words; i++, x += 4, w += 16)
                for (unsigned c = 0; c < 4; c++)
                    acc[c] +=
                        x[0] * w[4 * c] + x[1] * w[4 * c + 1] + x[2] * w[4 * c + 2] + x[3] * w[4 * c + 3];
            x += block->jumps[s];
        }
        for (unsigned c = 0; c < 4; c++, y++)
            *y = nmcu_finished(block->add, block->residual, block->table, y,
                               nmcu_requantize(&block->requant, acc[c], channels->multiplier[c],
                                               channels->round[c], channels->shift[c]));
        group = (const uint8_t *)w;
    }
}

static inline void nmcu_dense_portable(nmcu_block_t *block, unsigned pixels, unsigned head)
{
    for (; block->blocks; block->blocks--)
        for (unsigned p = 0; p < pixels; p++) {
            nmcu_dense_pixel(block, block->x[p], block->y, head);
            block->x[p] += block->x_step;
            block->y += block->y_pitch;
        }
}

#endif
