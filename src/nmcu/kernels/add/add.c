#include "add.h"

#include "layer.h"

void nmcu_add_run(const nmcu_add_t *layer)
{
    nmcu_add_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_add_t, copy, layer);
    nmcu_elementwise_run(&copy->map, &copy->add);
}
