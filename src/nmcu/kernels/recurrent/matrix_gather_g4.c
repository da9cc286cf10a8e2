#include "portable.h"

void nmcu_matrix_gather_g4(const nmcu_rows_block_t *block)
{
    const uint8_t *record = block->records;
    int16_t *y = block->y;

    for (unsigned i = 0; i < block->quads; i++, y += 4) {
        const nmcu_quad_t *quad = (const nmcu_quad_t *)(const void *)record;
        const uint8_t *distance = record + sizeof(nmcu_quad_t);
        const int8_t *value = (const int8_t *)(distance + 4 * block->steps + 4);
        const int8_t *x = block->x + *distance++;
        int32_t sums[4] = {quad->bias[0], quad->bias[1], quad->bias[2], quad->bias[3]};
        for (unsigned step = 0; step < block->steps; step++, value += 16)
            for (unsigned entry = 0; entry < 4; entry++) {
                for (unsigned row = 0; row < 4; row++)
                    sums[row] += *x * value[4 * row + entry];
                x += *distance++;
            }
        nmcu_quad_end(block, quad, y, sums);
        record = (const uint8_t *)value;
    }
}
