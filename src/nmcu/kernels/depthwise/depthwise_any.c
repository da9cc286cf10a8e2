#include "portable.h"

void nmcu_depthwise_any(const nmcu_depthwise_lines_t *lines)
{
    nmcu_depthwise_portable(lines);
}
