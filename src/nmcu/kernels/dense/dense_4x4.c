#include "dense.h"
#include "portable.h"

void nmcu_dense_4x4(nmcu_block_t *block)
{
    nmcu_dense_portable(block, 4, sizeof(nmcu_group4_t));
}

void nmcu_dense_4x4_table(nmcu_block_t *block)
{
    nmcu_dense_portable(block, 4, sizeof(nmcu_group4_t));
}
