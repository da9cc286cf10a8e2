#include "portable.h"

void nmcu_word_gather_g1(const nmcu_gather_block_t *block)
{
    nmcu_gather_portable(block, 1, 4);
}

void nmcu_word_gather_g1_table(const nmcu_gather_block_t *block)
{
    nmcu_gather_portable(block, 1, 4);
}
