/* The portable body that all published kernels share. */
#ifndef NMCU_PUBLISHED_PORTABLE_H
#define NMCU_PUBLISHED_PORTABLE_H

#include "published.h"

static inline void nmcu_published_portable(const nmcu_records_block_t *block, unsigned pixels,
                                           unsigned channels)
{
    const unsigned bits = block->m == 4 ? 2 : 4;
    const unsigned per_word = 32 / bits;
    const uint8_t *record = block->weights;

    for (unsigned r = 0; r < block->records; r++) {
        const uint8_t *offsets = record + 4 * channels;
        const uint8_t *values = offsets + 4 * channels * block->steps;
        const uint8_t *tail = values + channels * block->steps * per_word;
        for (unsigned c = 0; c < channels; c++)
            for (unsigned p = 0; p < pixels; p++) {
                int32_t acc = nmcu_record_word(record + 4 * c);
                for (unsigned entry = 0; entry < block->steps * per_word; entry++) {
                    const unsigned word = entry / per_word;
                    const uint32_t packed = (uint32_t)nmcu_record_word(offsets + 4 * (word * channels + c));
                    const unsigned offset = packed >> (bits * (entry % per_word)) & ((1u << bits) - 1);
                    const int8_t value = (int8_t)values[4 * (entry / 4 * channels + c) + entry % 4];
                    if (value != 0) acc += value * block->x[p][block->m * entry + offset];
                }
                block->y[p][channels * r + c] =
                    nmcu_requantize(&block->requant, acc, nmcu_record_word(tail + 12 * c),
                                    nmcu_record_word(tail + 12 * c + 4), nmcu_record_word(tail + 12 * c + 8));
            }
        record = tail + 12 * channels;
    }
}

#endif
