#include "pipeline.h"

static void run(const nmcu_stages_t *stages, const void *layer, unsigned tiles, int in_step)
{
    const nmcu_stages_t stage = *stages; /* one copy in L1: the original is in slow memory */
    const unsigned core = nmcu_core_id();

    uint32_t ticket = stage.load(layer, 0, core);
    if (stage.prepare)
        stage.prepare(layer, 0, core);
    for (unsigned tile = 0; tile < tiles; tile++) {
        if (ticket)
            nmcu_dma_wait(ticket);
        ticket = 0;
        nmcu_barrier();
        if (tile > 0 && core == 0)
            ticket = stage.store(layer, tile - 1);
        if (tile + 1 < tiles) {
            const uint32_t load = stage.load(layer, tile + 1, core);
            if (load)
                ticket = load;
            if (stage.prepare)
                stage.prepare(layer, tile + 1, core);
        }
        if (!in_step)
            nmcu_stagger(core);
        stage.compute(layer, tile, core);
    }
    nmcu_barrier();
    if (core == 0)
        nmcu_dma_wait(stage.store(layer, tiles - 1));
    nmcu_barrier();
}

void nmcu_pipeline_run(const nmcu_stages_t *stages, const void *layer, unsigned tiles)
{
    run(stages, layer, tiles, 0);
}

void nmcu_pipeline_run_in_step(const nmcu_stages_t *stages, const void *layer, unsigned tiles)
{
    run(stages, layer, tiles, 1);
}
