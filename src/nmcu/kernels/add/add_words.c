#include "add.h"
#include "sum.h"

void nmcu_add_words(const void *op, int8_t *y, const int8_t *a, const int8_t *b, uint32_t words)
{
    const nmcu_add_parameters_t add = *(const nmcu_add_parameters_t *)op;

    for (uint32_t i = 0; i < 4 * words; i++)
        y[i] = nmcu_sum(&add, a[i], b[i]);
}
