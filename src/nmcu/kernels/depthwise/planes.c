#include "depthwise.h"

#include <string.h>

void nmcu_planes(const nmcu_planes_t *planes)
{
    for (unsigned line = 0; line < planes->lines; line++) {
        const int8_t *x = planes->x + (int32_t)line * planes->x_line;
        int8_t *to = planes->planes + line * planes->line_bytes;
        for (unsigned i = 0; i < planes->extent; i++, x += planes->x_step)
            for (unsigned c = 0; c < 4; c++)
                to[c * planes->plane_bytes + i] = x[c];
        for (unsigned c = 0; c < 4; c++)
            for (unsigned i = planes->extent; i % 4; i++)
                to[c * planes->plane_bytes + i] = (int8_t)planes->pad;
    }
}

void nmcu_planes_fill(void *planes, int32_t value, uint32_t words)
{
    memset(planes, value, 4 * words);
}
