#include "published.h"

void nmcu_dense_1x2(const nmcu_records_block_t *block)
{
    const uint8_t *record = block->weights;

    for (unsigned r = 0; r < block->records; r++) {
        const int8_t *values = (const int8_t *)(record + 4);
        const uint8_t *tail = record + 4 + 4 * block->steps;
        for (unsigned p = 0; p < 2; p++) {
            int32_t acc = nmcu_record_word(record);
            for (unsigned i = 0; i < 4 * block->steps; i++)
                acc += values[i] * block->x[p][i];
            block->y[p][r] = nmcu_requantize(&block->requant, acc, nmcu_record_word(tail),
                                             nmcu_record_word(tail + 4), nmcu_record_word(tail + 8));
        }
        record = tail + 12;
    }
}
