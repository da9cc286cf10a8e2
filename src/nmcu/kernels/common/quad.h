/* Sums of products of four channels, whose weights take turns word by word: what many portable bodies add up. */
#ifndef NMCU_QUAD_H
#define NMCU_QUAD_H

#include "vectors.h"

/* Add to each of four accumulators the products of `words` words of x with its words of w, every fourth one. */
static inline void nmcu_quad_add(int32_t acc[4], const int8_t *x, const int8_t *w, uint32_t words)
{
#ifdef NMCU_VECTORS
    nmcu_sums_t sums = {0}; /* two for each channel */
    for (uint32_t i = 0; i < words; i++, x += 4, w += 16) {
        const int32_t word = nmcu_word_at(x);
        sums = nmcu_pairs(sums, nmcu_bytes_at(w), nmcu_bytes_of(word, word, word, word));
    }
    for (unsigned c = 0; c < 4; c++)
        acc[c] += sums[2 * c] + sums[2 * c + 1];
#else
    for (uint32_t i = 0; i < words; i++, x += 4, w += 16)
        for (unsigned c = 0; c < 4; c++)
            acc[c] += x[0] * w[4 * c] + x[1] * w[4 * c + 1] + x[2] * w[4 * c + 2] + x[3] * w[4 * c + 3];
#endif
}

#endif
