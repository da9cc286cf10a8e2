/* The tile pipeline: load the next tile and store the last one while all cores compute the present one. */
#ifndef NMCU_PIPELINE_H
#define NMCU_PIPELINE_H

#include <stdint.h>

#include "nmcu_hal.h"

/* Turns of an empty loop (some 4 cycles each) between the starts of two cores. */
#ifndef NMCU_STAGGER
#define NMCU_STAGGER 25u
#endif

#define NMCU_CONSTANTS_CORE (1u % nmcu_core_count())
#define NMCU_STORE_CORE (2u % nmcu_core_count())

/*
 * What a kernel family brings. `layer` is its own descriptor, `tile` counts from 0, `core` is the calling core.
 *
 * load     start the transfers of a tile's operands from L2 to L1 and return the last one's ticket, 0 if there is none.
 *          Called by every core; each transfer is started by one core: activations by core 0, constants by
 *          NMCU_CONSTANTS_CORE. The first two tiles are loaded at once, later ones a tile ahead.
 * prepare  write bytes of a tile's L1 buffers that no transfer writes (padding); may be null.
 * compute  the work of one core on a tile. All cores have finished the previous tile's compute.
 * store    start the transfer of a tile's result from L1 to L2 and return its ticket; called by NMCU_STORE_CORE.
 */
typedef struct {
    uint32_t (*load)(const void *layer, unsigned tile, unsigned core);
    void (*prepare)(const void *layer, unsigned tile, unsigned core);
    void (*compute)(const void *layer, unsigned tile, unsigned core);
    uint32_t (*store)(const void *layer, unsigned tile);
} nmcu_stages_t;

/*
 * Run `tiles` tiles (at least one) on all cores. Every core calls it with equal arguments. On return the results
 * are in L2 and every core is done with the layer's L1 buffers.
 */
void nmcu_pipeline_run(const nmcu_stages_t *stages, const void *layer, unsigned tiles);

/* The same without staggering the cores, for kernels whose cores do not walk the same banks in step anyway. */
void nmcu_pipeline_run_in_step(const nmcu_stages_t *stages, const void *layer, unsigned tiles);

/*
 * What a kernel brings whose cores have a run of parts each, which no other core reads. `run` is the core's own.
 *
 * share    start the transfer of what all cores read and return its ticket, 0 if there is none; called on core 0.
 * load     start the transfer of the core's next part to one of two buffers, by turns, and return its ticket, 0 if
 *          there is none.
 * compute  the core's next part. It has come, and the transfer of the one behind it has been started.
 * store    start the transfer of the results of all cores and return its ticket, 0 if there is none; called on
 *          NMCU_STORE_CORE.
 */
typedef struct {
    uint32_t (*share)(void *run);
    uint32_t (*load)(void *run, unsigned part);
    void (*compute)(void *run, unsigned part);
    uint32_t (*store)(void *run);
} nmcu_parts_t;

/* Run `count` parts on every core, each at its own pace. Every core calls it; on return the results are in L2. */
void nmcu_pipeline_run_parts(const nmcu_parts_t *parts, void *run, unsigned count);

/* The first of `items` that belong to `core`; those of core c are [first(c), first(c + 1)). */
static inline unsigned nmcu_share_first(unsigned items, unsigned core, unsigned cores)
{
    return items * core / cores;
}

/* Whether a core brings constants: where L1 and L2 are one memory each copies a share of them. */
static inline int nmcu_brings_constants(unsigned core)
{
    return !NMCU_STAGED || core == NMCU_CONSTANTS_CORE;
}

/* Start the transfer of constants to L1, on a core that brings them. */
static inline uint32_t nmcu_bring_constants(void *to, const void *from, uint32_t bytes, unsigned core)
{
#if NMCU_STAGED
    (void)core;
    return nmcu_dma_start_1d(to, from, bytes);
#else
    const unsigned cores = nmcu_core_count(), words = bytes / 4;
    const unsigned first = 4 * nmcu_share_first(words, core, cores);
    const unsigned end = core + 1 == cores ? bytes : 4 * nmcu_share_first(words, core + 1, cores);
    return nmcu_dma_start_1d((uint8_t *)to + first, (const uint8_t *)from + first, end - first);
#endif
}

/*
 * Let the cores start one after the other. Cores that run the same loop in step ask for the same bank of L1 in the same
 * cycle, again and again, because their rows lie a multiple of all banks apart; some cycles apart they do not. Measured
 * on conv3x3_16x16x64_64, stalls from lost arbitration: 127 k of 612 k cycles in step, 8 k when staggered.
 */
static inline void nmcu_stagger(unsigned core)
{
    for (unsigned i = 0; i < NMCU_STAGGER * core; i++)
        __asm__ volatile("" ::: "memory");
}

#endif
