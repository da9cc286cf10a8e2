/* The copy of a layer's descriptor in L1: the original is in L2, where each word costs a core 15 cycles. */
#ifndef NMCU_LAYER_H
#define NMCU_LAYER_H

#include <stdint.h>

#include "nmcu_hal.h"

#define NMCU_LAYER_BYTES 384 /* L1 set aside for a copy (layer.py); enough for 64-bit pointers too */

/* Copy the descriptor of type `type` at `layer` to `to` and wait for it, where it is not there already. Called by all
 * cores. Where L1 and L2 are one memory, `to` becomes the original instead. */
#if !NMCU_STAGED
#define NMCU_LAYER_FETCH(type, to, layer) ((to) = (type *)(uintptr_t)(layer))
#else
#define NMCU_LAYER_FETCH(type, to, layer)                                                                  \
    do {                                                                                                   \
        _Static_assert(sizeof(type) <= NMCU_LAYER_BYTES, "the descriptor is larger than its place in L1"); \
        if ((const void *)(to) == (const void *)(layer)) break;                                            \
        if (nmcu_core_id() == 0) nmcu_dma_wait(nmcu_dma_start_1d((to), (layer), sizeof(type)));            \
        nmcu_barrier();                                                                                    \
    } while (0)
#endif

#endif
