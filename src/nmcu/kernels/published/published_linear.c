#include "portable.h"

void nmcu_published_linear(const nmcu_records_block_t *block)
{
    nmcu_published_portable(block, 1, 1);
}
