#include "layer.h"
#include "table.h"

static void look_up(const void *op, int8_t *y, const int8_t *x, uint32_t rows, uint32_t first)
{
    const nmcu_rows_t *shape = op;
    const int8_t *const table = (const int8_t *)shape->constants_copy + 128;
    (void)first;

    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t c = 0; c < shape->in_bytes; c++)
            *y++ = table[(int32_t)(256 * c) + *x++];
}

void nmcu_channel_table_run(const nmcu_channel_table_t *layer)
{
    nmcu_channel_table_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_channel_table_t, copy, layer);
    nmcu_rows_run(&copy->rows, look_up, &copy->rows);
}
