#include "dense.h"
#include "portable.h"

void nmcu_dense_4x1(nmcu_block_t *block)
{
    nmcu_dense_portable(block, 1, sizeof(nmcu_channels4_t));
}
