#include "byte_gather_mac.h"

void nmcu_byte_gather_mac_g4(const nmcu_records_block_t *block)
{
    const unsigned entries = 4u * block->steps;
    const uint8_t *at = block->weights;

    for (unsigned r = 0; r < block->records; r++) {
        const int8_t *x = block->x[0];
        int32_t acc[4] = {0};
        if (block->requant.form != NMCU_NARROW)
            for (unsigned c = 0; c < 4; c++, at += 4)
                acc[c] = nmcu_record_word(at);
        const int8_t *value = (const int8_t *)(at + ((1 + entries + 3) & ~3u));
        x += *at++;
        for (unsigned e = 0; e < entries; e++, x += *at++)
            for (unsigned c = 0; c < 4; c++)
                acc[c] += *value++ * *x;
        at = (const uint8_t *)value;
        for (unsigned c = 0; c < 4; c++, at += 12)
            block->y[0][4 * r + c] = nmcu_requantize(&block->requant, acc[c], nmcu_record_word(at),
                                                     nmcu_record_word(at + 4), nmcu_record_word(at + 8));
    }
}
