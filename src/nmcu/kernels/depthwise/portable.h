/* The portable body that all depthwise hot loops share. */
#ifndef NMCU_DEPTHWISE_PORTABLE_H
#define NMCU_DEPTHWISE_PORTABLE_H

#include "depthwise.h"

static inline int8_t nmcu_depthwise_requantize(const nmcu_requantize_t *how,
                                               const nmcu_depthwise_channel_t *channel, int32_t sum)
{
    const int32_t acc = how->form == NMCU_NARROW ? sum : sum + channel->bias;
    uint32_t round = (uint32_t)channel->offset;

    if (how->form != NMCU_MIXED) round += (uint32_t)1 << (channel->shift - 1);
    return nmcu_requantize(how, acc, channel->multiplier, (int32_t)round, channel->shift);
}

static inline void nmcu_depthwise_portable_channel(const nmcu_depthwise_lines_t *lines,
                                                   const nmcu_depthwise_channel_t *channel,
                                                   const int8_t *plane, int8_t *y)
{
    const nmcu_depthwise_shape_t *shape = lines->shape;

    for (unsigned line = 0; line < lines->lines; line++)
        for (unsigned i = 0; i < lines->outputs; i++) {
            const int8_t *x = plane + (int32_t)line * shape->x_line + (int32_t)i * shape->x_step;
            const int8_t *tap = channel->taps;
            int32_t sum = 0;
            for (unsigned t = 0; t < shape->tap_lines; t++, x += shape->x_tap)
                for (unsigned k = 0; k < 4 * shape->tap_words; k++)
                    sum += x[k] * *tap++;
            y[(int32_t)line * lines->y_line + (int32_t)i * lines->y_step] =
                nmcu_depthwise_requantize(&shape->requant, channel, sum);
        }
}

static inline void nmcu_depthwise_portable(const nmcu_depthwise_lines_t *lines)
{
    for (unsigned c = 0; c < lines->channels; c++) {
        const void *channel = lines->channel + c * lines->shape->channel_bytes;
        nmcu_depthwise_portable_channel(lines, channel, lines->x + c * lines->shape->plane_bytes,
                                        lines->y + c);
    }
}

/* The functions of one hot loop. */
#define NMCU_DEPTHWISE_PORTABLE(name)                        \
    void name(const nmcu_depthwise_lines_t *lines)           \
    {                                                        \
        nmcu_depthwise_portable(lines);                      \
    }                                                        \
    void name##_clamp(const nmcu_depthwise_lines_t *lines)   \
    {                                                        \
        nmcu_depthwise_portable(lines);                      \
    }                                                        \
    void name##_clipped(const nmcu_depthwise_lines_t *lines) \
    {                                                        \
        nmcu_depthwise_portable(lines);                      \
    }                                                        \
    void name##_wide(const nmcu_depthwise_lines_t *lines)    \
    {                                                        \
        nmcu_depthwise_portable(lines);                      \
    }

#endif
