#include "pipeline.h"

static void prepare(const nmcu_stages_t *stage, const void *layer, unsigned tiles, unsigned core)
{
    for (unsigned tile = 0; tile < tiles && stage->prepare; tile++)
        stage->prepare(layer, tile, core);
}

static void run(const nmcu_stages_t *stages, const void *layer, unsigned tiles, int in_step)
{
    const nmcu_stages_t stage = *stages; /* one copy in L1: the original is in slow memory */
    const unsigned core = nmcu_core_id();
    const unsigned ahead = tiles > 1 ? 2 : 1;
    const int loads = core == 0 || core == NMCU_CONSTANTS_CORE;
    uint32_t ticket, next = 0;

    if (!loads) /* write while the banks are not busy yet */
        prepare(&stage, layer, ahead, core);
    ticket = stage.load(layer, 0, core);
    if (loads) prepare(&stage, layer, ahead, core);
    if (ahead > 1) next = stage.load(layer, 1, core);

    for (unsigned tile = 0; tile < tiles; tile++) {
        if (ticket) nmcu_dma_wait(ticket);
        ticket = next;
        nmcu_barrier();
        if (tile > 0) {
            if (core == NMCU_STORE_CORE) ticket = stage.store(layer, tile - 1);
            if (tile + 1 < tiles) {
                const uint32_t load = stage.load(layer, tile + 1, core);
                if (load) ticket = load;
                if (stage.prepare) stage.prepare(layer, tile + 1, core);
            }
        }
        next = 0;
        if (!in_step) nmcu_stagger(core);
        stage.compute(layer, tile, core);
    }
    nmcu_barrier();
    if (core == NMCU_STORE_CORE) {
        ticket = stage.store(layer, tiles - 1);
        if (ticket) nmcu_dma_wait(ticket);
    }
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

void nmcu_pipeline_run_parts(const nmcu_parts_t *parts, void *run, unsigned count)
{
    const nmcu_parts_t stage = *parts; /* one copy in L1: the original is in slow memory */
    const unsigned core = nmcu_core_id();
    const uint32_t shared = core == 0 ? stage.share(run) : 0;
    uint32_t ticket = stage.load(run, 0);

    if (shared) nmcu_dma_wait(shared);
    nmcu_barrier();
    for (unsigned part = 0; part < count; part++) {
        if (ticket) nmcu_dma_wait(ticket);
        ticket = part + 1 < count ? stage.load(run, part + 1) : 0;
        stage.compute(run, part);
    }
    nmcu_barrier();
    if (core == NMCU_STORE_CORE) {
        ticket = stage.store(run);
        if (ticket) nmcu_dma_wait(ticket);
    }
    nmcu_barrier();
}
