#include "portable.h"

void nmcu_depthwise_3x4(const nmcu_depthwise_lines_t *lines)
{
    nmcu_depthwise_portable(lines);
}

void nmcu_depthwise_3x4_wide(const nmcu_depthwise_lines_t *lines)
{
    nmcu_depthwise_portable(lines);
}

void nmcu_depthwise_5x8(const nmcu_depthwise_lines_t *lines)
{
    nmcu_depthwise_portable(lines);
}

void nmcu_depthwise_5x8_wide(const nmcu_depthwise_lines_t *lines)
{
    nmcu_depthwise_portable(lines);
}
