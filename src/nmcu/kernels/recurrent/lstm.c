#include "activate.h"
#include "pipeline.h"
#include "recurrent.h"

/* Of nmcu_recurrent_t.parameters. */
enum { COUPLED, CELL_EXPONENT, CELL_CLIP, HIDDEN_ZERO_POINT, ZERO_POINT, PROJECTION_CLIP };
/* Of nmcu_recurrent_t.rescale. */
enum { HIDDEN, PEEPHOLE };

/* Add to a gate what the cells from `first` on add through peephole number `which`. */
static void peep(const nmcu_recurrent_t *layer, int16_t *gate, const int16_t *cell, unsigned which,
                 unsigned first, unsigned count)
{
    const int16_t *weights = layer->constants_copy;
    if (!weights) return;
    weights += which * layer->cells + first;
    for (unsigned i = 0; i < count; i++)
        gate[i] = (int16_t)nmcu_clamp16(
            gate[i] + nmcu_rescaled(weights[i] * cell[i], layer->rescale[PEEPHOLE + which]));
}

/* What the cells keep and what enters them. */
static void update(const nmcu_recurrent_t *layer, int16_t *cell, const int16_t *enter, const int16_t *through,
                   const int16_t *candidate, unsigned count)
{
    const int32_t shift = 30 + layer->parameters[CELL_EXPONENT], clip = layer->parameters[CELL_CLIP];
    for (unsigned i = 0; i < count; i++) {
        const int32_t share = enter ? enter[i] : 32767 - through[i];
        int32_t value = nmcu_halved(through[i] * cell[i], 15) + nmcu_halved(share * candidate[i], shift);
        value = nmcu_clamp16(value);
        cell[i] = (int16_t)(clip ? nmcu_clamp(value, -clip, clip) : value);
    }
}

static void project(const nmcu_recurrent_t *layer, int8_t *after, unsigned core)
{
    const unsigned cores = nmcu_core_count(), outputs = layer->outputs;
    const unsigned end = nmcu_share_first(outputs, core + 1, cores);
    const int32_t zero = layer->parameters[ZERO_POINT], limit = layer->parameters[PROJECTION_CLIP];

    nmcu_barrier();
    nmcu_matrix_run(&layer->inner, nmcu_matrix_records(&layer->inner, 0, 0), layer->scratch, layer->result,
                    layer->inner_quads, 0, core);
    nmcu_barrier();
    for (unsigned i = nmcu_share_first(outputs, core, cores); i < end; i++) {
        const int32_t value = nmcu_clamp8(layer->result[i] + zero);
        after[i] = (int8_t)(limit ? nmcu_clamp(value, -limit, limit) : value);
    }
}

void nmcu_lstm_step(const nmcu_recurrent_t *layer, const int8_t *before, int8_t *after, unsigned core)
{
    const unsigned cores = nmcu_core_count(), cells = layer->cells;
    const unsigned first = nmcu_share_first(cells, core, cores);
    const unsigned count = nmcu_share_first(cells, core + 1, cores) - first;
    const int projects = layer->inner.records != 0;
    const int32_t zero =
        projects ? -layer->parameters[HIDDEN_ZERO_POINT] : layer->parameters[HIDDEN_ZERO_POINT];
    int8_t *shown = (projects ? layer->scratch : after) + first;
    int16_t *cell = layer->state + first;
    int16_t *enter = layer->parameters[COUPLED] ? 0 : layer->gates + first;
    int16_t *through = layer->gates + first + (enter ? cells : 0);
    int16_t *candidate = through + cells, *output = candidate + cells;
    (void)before;

    if (enter) {
        peep(layer, enter, cell, 0, first, count);
        nmcu_sigmoids(enter, enter, count);
    }
    peep(layer, through, cell, 1, first, count);
    nmcu_sigmoids(through, through, count);
    nmcu_tanhs(candidate, candidate, count, 3);
    update(layer, cell, enter, through, candidate, count);
    peep(layer, output, cell, 2, first, count);
    nmcu_sigmoids(output, output, count);
    nmcu_tanhs(candidate, cell, count, 15 + layer->parameters[CELL_EXPONENT]);
    for (unsigned i = 0; i < count; i++)
        shown[i] =
            (int8_t)nmcu_clamp8(nmcu_rescaled(output[i] * candidate[i], layer->rescale[HIDDEN]) + zero);
    if (projects) project(layer, after, core);
}
