/* The portable body that both byte gathers share. */
#ifndef NMCU_BYTE_GATHER_PORTABLE_H
#define NMCU_BYTE_GATHER_PORTABLE_H

#include "byte_gather.h"

static inline void nmcu_byte_gather_portable(const nmcu_records_block_t *block, unsigned channels)
{
    const uint8_t *record = block->weights;

    for (unsigned r = 0; r < block->records; r++) {
        const uint8_t *distance = record + 4 * channels;
        const int8_t *value = (const int8_t *)(distance + ((1 + 4 * block->steps + 3) & ~3u));
        const int8_t *x = block->x[0] + *distance++;
        int32_t acc[4];
        for (unsigned c = 0; c < channels; c++)
            acc[c] = nmcu_record_word(record + 4 * c);
        for (unsigned step = 0; step < block->steps; step++, value += 4 * channels)
            for (unsigned entry = 0; entry < 4; entry++) {
                for (unsigned c = 0; c < channels; c++)
                    acc[c] += value[4 * c + entry] * *x;
                x += *distance++;
            }
        record = (const uint8_t *)value;
        for (unsigned c = 0; c < channels; c++, record += 12)
            block->y[0][channels * r + c] =
                nmcu_requantize(&block->requant, acc[c], nmcu_record_word(record),
                                nmcu_record_word(record + 4), nmcu_record_word(record + 8));
    }
}

#endif
