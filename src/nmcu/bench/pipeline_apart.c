/* The tile pipeline of pipeline.c with nothing overlapped: operands are in L1 before a tile's work starts, results
 * leave when it is done, and that work is a region of its own. What the benchmark builds to measure compute alone. */
#include "pipeline.h"

#ifndef NMCU_COMPUTE_REGION
#error "NMCU_COMPUTE_REGION is the number of the region"
#endif
#define REST_REGION (NMCU_COMPUTE_REGION + 1)

static void run(const nmcu_stages_t *stages, const void *layer, unsigned tiles, int in_step)
{
    const nmcu_stages_t stage = *stages;
    const unsigned core = nmcu_core_id();

    for (unsigned tile = 0; tile < tiles; tile++) {
        const uint32_t ticket = stage.load(layer, tile, core);
        if (ticket) nmcu_dma_wait(ticket);
        nmcu_barrier();
        nmcu_region(NMCU_COMPUTE_REGION);
        if (stage.prepare) stage.prepare(layer, tile, core);
        nmcu_barrier();
        if (!in_step) nmcu_stagger(core);
        stage.compute(layer, tile, core);
        nmcu_barrier();
        nmcu_region(REST_REGION);
        if (core == NMCU_STORE_CORE) nmcu_dma_wait(stage.store(layer, tile));
        nmcu_barrier();
    }
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
    const nmcu_parts_t stage = *parts;
    const unsigned core = nmcu_core_id();
    uint32_t ticket = core == 0 ? stage.share(run) : 0;

    if (ticket) nmcu_dma_wait(ticket);
    for (unsigned part = 0; part < count; part++) {
        ticket = stage.load(run, part);
        if (ticket) nmcu_dma_wait(ticket);
        nmcu_barrier();
        nmcu_region(NMCU_COMPUTE_REGION);
        stage.compute(run, part);
        nmcu_barrier();
        nmcu_region(REST_REGION);
    }
    if (core == NMCU_STORE_CORE) {
        ticket = stage.store(run);
        if (ticket) nmcu_dma_wait(ticket);
    }
    nmcu_barrier();
}
