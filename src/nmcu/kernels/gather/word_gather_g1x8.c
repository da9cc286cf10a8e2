#include "portable.h"

void nmcu_word_gather_g1x8(const nmcu_gather_block_t *block)
{
    nmcu_gather_portable(block, 1, 8);
}

void nmcu_word_gather_g1x8_table(const nmcu_gather_block_t *block)
{
    nmcu_gather_portable(block, 1, 8);
}
