#include "portable.h"

void nmcu_byte_gather_g1(const nmcu_records_block_t *block)
{
    nmcu_byte_gather_portable(block, 1);
}
