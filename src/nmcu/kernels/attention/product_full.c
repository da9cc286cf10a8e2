#include "portable.h"

void nmcu_product_full(const nmcu_product_block_t *block)
{
    nmcu_product_portable(block);
}
