#include "portable.h"

void nmcu_published_conv_xdec(const nmcu_records_block_t *block)
{
    nmcu_published_portable(block, 2, 1);
}
