#include "table.h"

#include "layer.h"

void nmcu_table_run(const nmcu_table_t *layer)
{
    nmcu_table_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_table_t, copy, layer);
    nmcu_elementwise_run(&copy->map, (const int8_t *)copy->map.constants_copy + 128);
}
