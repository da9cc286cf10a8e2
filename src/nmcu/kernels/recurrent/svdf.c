#include "pipeline.h"
#include "recurrent.h"

/* Of nmcu_recurrent_t.parameters. */
enum { RANK, FRAMES, ZERO_POINT };

/* The filters' new values are the gates; constants are the units' int32 biases, and behind them the weights of each
 * filter's frames. */
void nmcu_svdf_step(const nmcu_recurrent_t *layer, const int8_t *before, int8_t *after, unsigned core)
{
    const unsigned cores = nmcu_core_count(), units = layer->outputs;
    const unsigned rank = (unsigned)layer->parameters[RANK], frames = (unsigned)layer->parameters[FRAMES];
    const unsigned end = nmcu_share_first(units, core + 1, cores);
    const int32_t *biases = layer->constants_copy;
    const int16_t *weights = (const int16_t *)(biases + units);
    (void)before;

    for (unsigned unit = nmcu_share_first(units, core, cores); unit < end; unit++) {
        int32_t sum = biases[unit];
        for (unsigned filter = unit * rank; filter < (unit + 1) * rank; filter++) {
            int16_t *state = layer->state + filter * frames;
            const int16_t *weight = weights + filter * frames;
            for (unsigned frame = 0; frame < frames; frame++) {
                const int16_t value = frame + 1 < frames ? state[frame + 1] : layer->gates[filter];
                state[frame] = value;
                sum += weight[frame] * value;
            }
        }
        after[unit] =
            (int8_t)nmcu_clamp8(nmcu_rescaled(sum, layer->rescale[0]) + layer->parameters[ZERO_POINT]);
    }
}
