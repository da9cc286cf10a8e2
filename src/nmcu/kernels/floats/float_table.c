#include "floats.h"

void nmcu_float_table_run(const nmcu_float_table_t *layer)
{
    const nmcu_float_table_t how = *layer; /* one copy in fast memory */
    const uint32_t core = nmcu_core_id(), cores = nmcu_core_count();
    const uint32_t first = nmcu_float_first(how.count, core, cores);
    const uint32_t end = nmcu_float_first(how.count, core + 1, cores);
    uint32_t channel = first % how.channels;

    for (uint32_t i = first; i < end; i++) {
        how.y[i] = how.table[256 * channel + (uint32_t)(how.x[i] + 128)];
        if (++channel == how.channels) channel = 0;
    }
    nmcu_barrier();
}
