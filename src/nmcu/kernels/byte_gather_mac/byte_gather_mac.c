#include "byte_gather_mac.h"

void nmcu_byte_gather_mac(const nmcu_records_block_t *block)
{
    const unsigned per_word = block->m == 4 ? 16 : 8;
    const unsigned bits = 32 / per_word;
    const uint8_t *at = block->weights;

    for (unsigned r = 0; r < block->records; r++) {
        const int8_t *x = block->x[0];
        int32_t acc = 0;
        for (unsigned s = 0; s < block->steps; s++, at += 4 + per_word) {
            const uint32_t offsets = (uint32_t)nmcu_record_word(at + 4);
            for (unsigned e = 0; e < per_word; e++, x += block->m) {
                const int8_t value = (int8_t)at[e < 4 ? e : e + 4];
                if (value != 0) acc += value * x[offsets >> (bits * e) & (block->m - 1)];
            }
        }
        if (block->requant.form != NMCU_NARROW) {
            acc += nmcu_record_word(at);
            at += 4;
        }
        block->y[0][r] = nmcu_requantize(&block->requant, acc, nmcu_record_word(at), nmcu_record_word(at + 4),
                                         nmcu_record_word(at + 8));
        at += 12;
    }
}
