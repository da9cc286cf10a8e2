#include "mul.h"

#include "layer.h"

void nmcu_mul_run(const nmcu_mul_t *layer)
{
    nmcu_mul_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_mul_t, copy, layer);
    nmcu_elementwise_run(&copy->map, &copy->mul);
}
