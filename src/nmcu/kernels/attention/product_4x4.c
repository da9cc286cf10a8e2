#include "portable.h"

void nmcu_product_4x4(const nmcu_product_block_t *block)
{
    nmcu_product_portable(block, 4);
}

void nmcu_product_4x1(const nmcu_product_block_t *block)
{
    nmcu_product_portable(block, 1);
}
