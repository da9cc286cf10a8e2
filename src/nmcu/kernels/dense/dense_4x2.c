#include "dense.h"
#include "portable.h"

void nmcu_dense_4x2(nmcu_block_t *block)
{
    nmcu_dense_portable(block, 2, sizeof(nmcu_channels4_t));
}
