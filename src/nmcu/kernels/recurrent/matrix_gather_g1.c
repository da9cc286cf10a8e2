#include "portable.h"

void nmcu_matrix_gather_g1(const nmcu_rows_block_t *block)
{
    const uint8_t *record = block->records;
    int16_t *y = block->y;

    for (unsigned i = 0; i < block->quads; i++, y += 4) {
        const nmcu_quad_t *quad = (const nmcu_quad_t *)(const void *)record;
        int32_t sums[4];
        record += sizeof(nmcu_quad_t);
        for (unsigned row = 0; row < 4; row++) {
            const uint8_t *distance = record;
            const int8_t *value = (const int8_t *)(distance + 4 * block->steps + 4);
            const int8_t *x = block->x + *distance++;
            sums[row] = quad->bias[row];
            for (unsigned entry = 0; entry < 4 * block->steps; entry++) {
                sums[row] += *x * *value++;
                x += *distance++;
            }
            record = (const uint8_t *)value;
        }
        nmcu_quad_end(block, quad, y, sums);
    }
}
