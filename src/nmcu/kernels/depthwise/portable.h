/* The portable body that all depthwise hot loops share. */
#ifndef NMCU_DEPTHWISE_PORTABLE_H
#define NMCU_DEPTHWISE_PORTABLE_H

#include "depthwise.h"

static inline int8_t nmcu_depthwise_requantize(const nmcu_depthwise_lines_t *lines, int32_t sum)
{
    const nmcu_depthwise_channel_t *channel = lines->channel;
    const int32_t acc = lines->requant.form == NMCU_NARROW ? sum : sum + channel->bias;
    uint32_t round = 0;

    if (lines->requant.form != NMCU_FULL)
        round = (uint32_t)channel->offset + ((uint32_t)1 << (channel->shift - 1));
    return nmcu_requantize(&lines->requant, acc, channel->multiplier, (int32_t)round, channel->shift);
}

static inline void nmcu_depthwise_portable(const nmcu_depthwise_lines_t *lines)
{
    for (unsigned line = 0; line < lines->lines; line++)
        for (unsigned i = 0; i < lines->outputs; i++) {
            const int8_t *x = lines->x + (int32_t)line * lines->x_line + (int32_t)i * lines->x_step;
            const int8_t *tap = lines->channel->taps;
            int32_t sum = 0;
            for (unsigned t = 0; t < lines->tap_lines; t++, x += lines->x_tap)
                for (unsigned k = 0; k < 4 * lines->tap_words; k++)
                    sum += x[k] * *tap++;
            lines->y[(int32_t)line * lines->y_line + (int32_t)i * lines->y_step] = nmcu_depthwise_requantize(lines, sum);
        }
}

#endif
