#include "convert.h"

#include <string.h>

#include "pipeline.h"

void nmcu_convert_run(const nmcu_convert_t *layer)
{
    const nmcu_convert_t convert = *layer; /* one copy in L1: the original is in slow memory */
    const unsigned core = nmcu_core_id(), cores = nmcu_core_count();
    const unsigned end = nmcu_share_first(convert.count, core + 1, cores);

    for (unsigned i = nmcu_share_first(convert.count, core, cores); i < end; i++) {
        int16_t wide;
        if (convert.widens) {
            const int32_t x = (convert.input[i] - convert.input_zero_point) * 256;
            wide = (int16_t)nmcu_clamp16(nmcu_rescaled(x, convert.rescale) + convert.zero_point);
            memcpy(convert.output + 2 * i, &wide, sizeof wide);
        } else {
            memcpy(&wide, convert.input + 2 * i, sizeof wide);
            convert.output[i] = (int8_t)nmcu_clamp8(
                nmcu_rescaled(wide - convert.input_zero_point, convert.rescale) + convert.zero_point);
        }
    }
    nmcu_barrier();
}
