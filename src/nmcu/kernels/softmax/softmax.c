#include "softmax.h"

#include "layer.h"

static void rows(const void *op, int8_t *y, const int8_t *x, uint32_t count)
{
    const nmcu_softmax_parameters_t *softmax = op;

    for (; count > 0; count--, x += softmax->width, y += softmax->width)
        nmcu_softmax_row(softmax, y, x);
}

void nmcu_softmax_run(const nmcu_softmax_t *layer)
{
    nmcu_softmax_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_softmax_t, copy, layer);
    nmcu_rows_run(&copy->rows, rows, &copy->softmax);
}
