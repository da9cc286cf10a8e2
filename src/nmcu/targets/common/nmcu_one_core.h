/* One core: nobody to wait for. */

#ifndef NMCU_ONE_CORE_H
#define NMCU_ONE_CORE_H

#include <stdint.h>

#define NMCU_CORES 1u

NMCU_INLINE uint32_t nmcu_core_id(void)
{
    return 0;
}

NMCU_INLINE uint32_t nmcu_core_count(void)
{
    return NMCU_CORES;
}

NMCU_INLINE void nmcu_barrier(void) {}

#endif
