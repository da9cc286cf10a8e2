#include "arg_max.h"

#include <string.h>

#include "layer.h"

static void arg_max(const void *op, int8_t *y, const int8_t *x, uint32_t rows, uint32_t first)
{
    const uint32_t count = ((const nmcu_arg_max_t *)op)->rows.in_bytes;
    (void)first;

    for (uint32_t row = 0; row < rows; row++, x += count, y += sizeof(int32_t)) {
        int32_t best = 0;
        for (uint32_t i = 1; i < count; i++)
            if (x[i] > x[best]) best = (int32_t)i;
        memcpy(y, &best, sizeof best);
    }
}

void nmcu_arg_max_run(const nmcu_arg_max_t *layer)
{
    nmcu_arg_max_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_arg_max_t, copy, layer);
    nmcu_rows_run(&copy->rows, arg_max, copy);
}
