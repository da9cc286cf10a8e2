#include "extremum.h"

#include "layer.h"

void nmcu_maximum_words(const void *op, int8_t *y, const int8_t *a, const int8_t *b, uint32_t words)
{
    (void)op;
    for (uint32_t i = 0; i < 4 * words; i++)
        y[i] = a[i] > b[i] ? a[i] : b[i];
}

void nmcu_minimum_words(const void *op, int8_t *y, const int8_t *a, const int8_t *b, uint32_t words)
{
    (void)op;
    for (uint32_t i = 0; i < 4 * words; i++)
        y[i] = a[i] < b[i] ? a[i] : b[i];
}

void nmcu_extremum_run(const nmcu_extremum_t *layer)
{
    nmcu_extremum_t *copy = layer->copy;
    NMCU_LAYER_FETCH(nmcu_extremum_t, copy, layer);
    nmcu_elementwise_run(&copy->map, 0);
}
