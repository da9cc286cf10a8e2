#include "keep.h"

#include <string.h>

#include "arithmetic.h"
#include "nmcu_hal.h"

/* One core moves everything, piece by piece from the end towards which it moves: a window that overlaps its own
 * next place has each byte read before another one is written there. */
void nmcu_keep_run(const nmcu_keep_t *layer)
{
    if (nmcu_core_id() == 0) {
        const nmcu_keep_t keep = *layer; /* a copy in L1: the original is in slow memory */
#if NMCU_STAGED
        const int down = (uintptr_t)keep.to <= (uintptr_t)keep.from;
        for (uint32_t done = 0, bytes; done < keep.bytes; done += bytes) {
            bytes = nmcu_min(keep.staging_bytes, keep.bytes - done);
            const uint32_t at = down ? done : keep.bytes - done - bytes;
            nmcu_dma_wait(nmcu_dma_start_1d(keep.staging, keep.from + at, bytes));
            nmcu_dma_wait(nmcu_dma_start_1d(keep.to + at, keep.staging, bytes));
        }
#else
        memmove(keep.to, keep.from, keep.bytes);
#endif
    }
    nmcu_barrier();
}
