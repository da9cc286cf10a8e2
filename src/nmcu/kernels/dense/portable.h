/* The portable body that the dense block functions share. */
#ifndef NMCU_DENSE_PORTABLE_H
#define NMCU_DENSE_PORTABLE_H

#include "block.h"
#include "sum.h"
#include "vectors.h"

/* Accumulators of four channels, from whose first weights on `w` goes, for windows of `pixels` pixels. */
static inline const int8_t *nmcu_dense_sums(const nmcu_block_t *block, const int8_t *const *windows,
                                            unsigned pixels, const int8_t *w, int32_t (*acc)[4])
{
    const int8_t *x[4];

    for (unsigned p = 0; p < pixels; p++)
        x[p] = windows[p];
#ifdef NMCU_VECTORS
    nmcu_sums_t sums[4]; /* two for each channel */
    for (unsigned p = 0; p < pixels; p++)
        sums[p] = (nmcu_sums_t){0};
    for (unsigned s = 0; s < block->segments; s++) {
        for (unsigned i = 0; i < block->segment_words; i++, w += 16)
            for (unsigned p = 0; p < pixels; p++) {
                const int32_t word = nmcu_word_at(x[p]);
                sums[p] = nmcu_pairs(sums[p], nmcu_bytes_at(w), nmcu_bytes_of(word, word, word, word));
                x[p] += 4;
            }
        for (unsigned p = 0; p < pixels; p++)
            x[p] += block->jumps[s];
    }
    for (unsigned p = 0; p < pixels; p++)
        for (unsigned c = 0; c < 4; c++)
            acc[p][c] += sums[p][2 * c] + sums[p][2 * c + 1];
    return w;
#else
    const int8_t *from = w;
    for (unsigned p = 0; p < pixels; p++) {
        w = from;
        for (unsigned s = 0; s < block->segments; s++) {
            for (unsigned i = 0; i < block->segment_words; i++, x[p] += 4, w += 16)
                for (unsigned c = 0; c < 4; c++)
                    acc[p][c] += x[p][0] * w[4 * c] + x[p][1] * w[4 * c + 1] + x[p][2] * w[4 * c + 2] +
                                 x[p][3] * w[4 * c + 3];
            x[p] += block->jumps[s];
        }
    }
    return w;
#endif
}

/* Blocks of so many pixels; the weights of a group begin `head` bytes behind its nmcu_channels4_t. */
static inline void nmcu_dense_portable(nmcu_block_t *block, unsigned pixels, unsigned head)
{
    for (; block->blocks; block->blocks--) {
        const uint8_t *group = block->weights;
        for (unsigned g = 0; g < block->groups; g++) {
            const nmcu_channels4_t *channels = (const nmcu_channels4_t *)(const void *)group;
            int32_t acc[4][4];
            for (unsigned p = 0; p < pixels; p++)
                for (unsigned c = 0; c < 4; c++)
                    acc[p][c] = channels->bias[c];
            group = (const uint8_t *)nmcu_dense_sums(block, (const int8_t *const *)block->x, pixels,
                                                     (const int8_t *)(group + head), acc);
            for (unsigned p = 0; p < pixels; p++)
                for (unsigned c = 0; c < 4; c++) {
                    int8_t *y = block->y + p * block->y_pitch + 4 * g + c;
                    *y = nmcu_finished(block->add, block->residual, block->table, y,
                                       nmcu_requantize(&block->requant, acc[p][c], channels->multiplier[c],
                                                       channels->round[c], channels->shift[c]));
                }
        }
        for (unsigned p = 0; p < pixels; p++)
            block->x[p] += block->x_step;
        block->y += pixels * block->y_pitch;
    }
}

#endif
