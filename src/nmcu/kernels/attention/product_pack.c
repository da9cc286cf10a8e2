#include "product.h"

static void start(uint8_t *group, uint32_t words, int32_t scale, int32_t constant)
{
    int32_t *bias = (int32_t *)(void *)group;
    const int8_t *packed = (const int8_t *)(group + 16);

    for (unsigned c = 0; c < 4; c++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < 4 * words; i++)
            sum += (uint32_t)(int32_t)packed[16 * (i / 4) + 4 * c + i % 4];
        bias[c] = (int32_t)((uint32_t)constant + (uint32_t)scale * sum);
    }
}

void nmcu_product_pack_rows(uint8_t *group, const int8_t *b, uint32_t pitch, uint32_t words, int32_t scale,
                            int32_t constant)
{
    for (unsigned c = 0; c < 4; c++)
        for (uint32_t i = 0; i < 4 * words; i++)
            group[16 + 16 * (i / 4) + 4 * c + i % 4] = (uint8_t)b[c * pitch + i];
    start(group, words, scale, constant);
}

void nmcu_product_pack_columns(uint8_t *group, const int8_t *b, uint32_t pitch, uint32_t words, int32_t scale,
                               int32_t constant)
{
    for (unsigned c = 0; c < 4; c++)
        for (uint32_t i = 0; i < 4 * words; i++)
            group[16 + 16 * (i / 4) + 4 * c + i % 4] = (uint8_t)b[i * pitch + c];
    start(group, words, scale, constant);
}
