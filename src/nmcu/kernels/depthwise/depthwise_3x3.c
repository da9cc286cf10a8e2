#include "portable.h"

void nmcu_depthwise_3x3(const nmcu_depthwise_lines_t *lines)
{
    nmcu_depthwise_portable(lines);
}

void nmcu_depthwise_3x3_clamp(const nmcu_depthwise_lines_t *lines)
{
    nmcu_depthwise_portable(lines);
}

void nmcu_depthwise_3x3_wide(const nmcu_depthwise_lines_t *lines)
{
    nmcu_depthwise_portable(lines);
}
