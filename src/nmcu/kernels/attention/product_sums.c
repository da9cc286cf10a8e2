#include "product.h"

void nmcu_product_sums(const int8_t *x, uint32_t pitch, uint32_t words, int32_t scale, int32_t start_of[4])
{
    for (unsigned p = 0; p < 4; p++) {
        int32_t sum = 0;
        for (uint32_t i = 0; i < 4 * words; i++)
            sum += x[p * pitch + i];
        start_of[p] = scale * sum;
    }
}
