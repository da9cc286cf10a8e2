#include "portable.h"
#include "quad.h"

void nmcu_matrix_dense(const nmcu_rows_block_t *block)
{
    const uint8_t *record = block->records;
    int16_t *y = block->y;

    for (unsigned i = 0; i < block->quads; i++, y += 4) {
        const nmcu_quad_t *quad = (const nmcu_quad_t *)(const void *)record;
        const int8_t *value = (const int8_t *)(record + sizeof(nmcu_quad_t));
        int32_t sums[4] = {quad->bias[0], quad->bias[1], quad->bias[2], quad->bias[3]};
        nmcu_quad_add(sums, block->x, value, block->steps);
        nmcu_quad_end(block, quad, y, sums);
        record = (const uint8_t *)(value + 16 * block->steps);
    }
}
