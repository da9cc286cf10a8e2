#include "portable.h"

void nmcu_word_gather_g4(const nmcu_gather_block_t *block)
{
    nmcu_gather_portable(block, 4, 4);
}

void nmcu_word_gather_g4_table(const nmcu_gather_block_t *block)
{
    nmcu_gather_portable(block, 4, 4);
}
