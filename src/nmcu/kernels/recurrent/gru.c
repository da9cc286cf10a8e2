#include "activate.h"
#include "pipeline.h"
#include "recurrent.h"

/* Of nmcu_recurrent_t.parameters, and of its rescale. */
enum { ZERO_POINT };
enum { HIDDEN, HELD };

/* The hidden state of what is held of it. */
static int8_t shown(const nmcu_recurrent_t *layer, int32_t held)
{
    return (int8_t)nmcu_clamp8(nmcu_rescaled(held, layer->rescale[HIDDEN]) + layer->parameters[ZERO_POINT]);
}

void nmcu_gru_begin(const nmcu_recurrent_t *layer, unsigned core)
{
    const unsigned cores = nmcu_core_count(), end = nmcu_share_first(layer->outputs, core + 1, cores);
    for (unsigned i = nmcu_share_first(layer->outputs, core, cores); i < end; i++)
        layer->state[i] = (int16_t)nmcu_clamp16(nmcu_rescaled(
            (layer->hidden_tile[0][i] - layer->parameters[ZERO_POINT]) * 256, layer->rescale[HELD]));
}

void nmcu_gru_step(const nmcu_recurrent_t *layer, const int8_t *before, int8_t *after, unsigned core)
{
    const unsigned cores = nmcu_core_count(), units = layer->outputs;
    const unsigned first = nmcu_share_first(units, core, cores);
    const unsigned count = nmcu_share_first(units, core + 1, cores) - first;
    const int16_t *hidden = layer->gates + 4 * layer->quads + first;
    int16_t *update = layer->gates + first, *reset = update + units, *candidate = reset + units;
    int16_t *held = layer->state + first;
    (void)before;

    for (unsigned i = 0; i < count; i++) {
        update[i] = (int16_t)nmcu_clamp16(update[i] + hidden[i]);
        reset[i] = (int16_t)nmcu_clamp16(reset[i] + hidden[units + i]);
    }
    nmcu_sigmoids(update, update, count);
    nmcu_sigmoids(reset, reset, count);
    if (layer->inner.records) {
        const int16_t *result = layer->result + first;
        for (unsigned i = 0; i < count; i++)
            layer->scratch[first + i] = shown(layer, nmcu_halved(reset[i] * held[i], 15));
        nmcu_barrier();
        nmcu_matrix_run(&layer->inner, nmcu_matrix_records(&layer->inner, 0, 0), layer->scratch,
                        layer->result, layer->inner_quads, 0, core);
        nmcu_barrier();
        for (unsigned i = 0; i < count; i++)
            candidate[i] = (int16_t)nmcu_clamp16(candidate[i] + result[i]);
    } else {
        for (unsigned i = 0; i < count; i++)
            candidate[i] =
                (int16_t)nmcu_clamp16(candidate[i] + nmcu_halved(reset[i] * hidden[2 * units + i], 15));
    }
    nmcu_tanhs(candidate, candidate, count, 3);
    for (unsigned i = 0; i < count; i++) {
        const int32_t blend = update[i] * held[i] + (32767 - update[i]) * nmcu_halved(candidate[i], 1);
        held[i] = (int16_t)nmcu_clamp16(nmcu_halved(blend, 15));
        after[first + i] = shown(layer, held[i]);
    }
}
