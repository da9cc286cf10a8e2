#include "roll.h"

#include <string.h>

#include "nmcu_hal.h"

void roll_run(const roll_t *layer)
{
    const uint32_t by = layer->by, rest = layer->channels - by;

    for (uint32_t token = nmcu_core_id(); token < layer->tokens; token += nmcu_core_count()) {
        const int8_t *x = layer->input + token * layer->channels;
        int8_t *y = layer->output + token * layer->channels;
        memcpy(y, x + rest, by);
        memcpy(y + by, x, rest);
    }
    nmcu_barrier();
}
