#include "softmax.h"

#include "layer.h"

void nmcu_softmax_run(const nmcu_softmax_t *layer)
{
    nmcu_softmax_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_softmax_t, copy, layer);
    nmcu_rows_run(&copy->rows, nmcu_softmax_rows, &copy->softmax);
}
