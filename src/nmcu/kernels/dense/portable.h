/* The portable body that the dense block functions share. */
#ifndef NMCU_DENSE_PORTABLE_H
#define NMCU_DENSE_PORTABLE_H

#include "block.h"

static inline void nmcu_dense_portable(const nmcu_block_t *block, unsigned pixels)
{
    const uint8_t *group = block->weights;

    for (unsigned g = 0; g < block->groups; g++) {
        const nmcu_channels4_t *channels = (const nmcu_channels4_t *)(const void *)group;
        const int8_t *weights = (const int8_t *)(group + sizeof(nmcu_channels4_t));
        for (unsigned p = 0; p < pixels; p++) {
            const int8_t *w = weights;
            const int8_t *x = block->x[p];
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
            for (unsigned c = 0; c < 4; c++)
                block->y[p][4 * g + c] = nmcu_requantize(&block->requant, acc[c], channels->multiplier[c],
                                                         channels->round[c], channels->shift[c]);
        }
        group += sizeof(nmcu_channels4_t) + 16 * block->segments * block->segment_words;
    }
}

#endif
