/* sigmoid and tanh of nmcu.graph.fixed_point. */
#ifndef NMCU_ACTIVATE_H
#define NMCU_ACTIVATE_H

#include "recurrent_layouts.h"

void nmcu_activate(const nmcu_activation_t *values);

static inline void nmcu_sigmoids(int16_t *y, const int16_t *x, unsigned count)
{
    const nmcu_activation_t values = {x, y, count, 3, 0};
    if (count) nmcu_activate(&values);
}

/* Of x with `bits` integer bits. */
static inline void nmcu_tanhs(int16_t *y, const int16_t *x, unsigned count, int32_t bits)
{
    const nmcu_activation_t values = {x, y, count, bits, -1};
    if (count) nmcu_activate(&values);
}

#endif
