#include "depthwise.h"

#include <string.h>

static void plane(const nmcu_planes_t *planes, unsigned channel)
{
    for (unsigned line = 0; line < planes->lines; line++) {
        const int8_t *x = planes->x + (int32_t)line * planes->x_line + channel;
        int8_t *to = planes->planes + channel * planes->plane_bytes + line * planes->line_bytes;
        for (unsigned i = 0; i < planes->extent; i++)
            to[i] = x[(int32_t)i * planes->x_step];
        memset(to + planes->extent, planes->pad, planes->behind);
    }
}

void nmcu_planes(const nmcu_planes_t *planes)
{
    for (unsigned channel = 0; channel < 4 * planes->groups; channel++)
        plane(planes, channel);
}

void nmcu_planes_fill(void *planes, int32_t value, uint32_t words, uint32_t count, uint32_t step)
{
    for (unsigned plane = 0; plane < count; plane++)
        memset((int8_t *)planes + plane * step, value, 4 * words);
}
