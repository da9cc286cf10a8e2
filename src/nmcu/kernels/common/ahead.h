/* Copies to L1 of what a layer reads there, started while the layer before runs. */
#ifndef NMCU_AHEAD_H
#define NMCU_AHEAD_H

#include "nmcu_hal.h"

/* Start a copy and return its ticket, on the core that completes descriptors. Called by all cores. */
static inline uint32_t nmcu_ahead(void *to, const void *from, uint32_t bytes)
{
    return nmcu_core_id() == 0 ? nmcu_dma_start_1d(to, from, bytes) : 0;
}

/* Wait until the copies up to this one have come, on the same core. A barrier must follow. */
static inline void nmcu_ahead_wait(uint32_t ticket)
{
    if (nmcu_core_id() == 0) nmcu_dma_wait(ticket);
}

#endif
