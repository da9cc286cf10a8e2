#include "dense.h"
#include "portable.h"

void nmcu_dense_4x1(const nmcu_block_t *block)
{
    nmcu_dense_portable(block, 1);
}
