/* The portable body that the block functions share. */
#ifndef NMCU_PRODUCT_PORTABLE_H
#define NMCU_PRODUCT_PORTABLE_H

#include "product.h"
#include "quad.h"

static inline void nmcu_product_portable(const nmcu_product_block_t *block, unsigned rows)
{
    const uint8_t *group = block->packed;

    for (uint32_t g = 0; g < block->groups; g++, group += 16 + 16 * block->words) {
        const int32_t *bias = (const int32_t *)(const void *)group;
        const int8_t *b = (const int8_t *)(group + 16);
        for (unsigned p = 0; p < rows; p++) {
            int32_t acc[4] = {0, 0, 0, 0};
            nmcu_quad_add(acc, block->x + p * block->x_pitch, b, block->words);
            for (unsigned c = 0; c < 4; c++) {
                uint32_t start = block->starts == NMCU_NOTHING_STARTS ? 0 : (uint32_t)bias[c];
                if (block->starts == NMCU_ROWS_START) start += (uint32_t)block->start[p];
                block->y[p * block->y_pitch + 4 * g + c] =
                    (int8_t)nmcu_requantize(&block->requant, (int32_t)(start + (uint32_t)acc[c]),
                                            block->multiplier, block->round, block->shift);
            }
        }
    }
}

#endif
