/* One core: nobody to wait for. */

#ifndef NMCU_ONE_CORE_H
#define NMCU_ONE_CORE_H

#include <stdint.h>

#ifndef NMCU_CORES
#define NMCU_CORES 1u
#elif NMCU_CORES != 1
#error "the target has more cores than its nmcu_port.h"
#endif

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
