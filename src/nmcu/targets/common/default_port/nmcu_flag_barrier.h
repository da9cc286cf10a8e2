/* Several cores that meet by flags in shared memory: no atomic instructions, no event unit. */

#ifndef NMCU_FLAG_BARRIER_H
#define NMCU_FLAG_BARRIER_H

#include <stdint.h>

NMCU_INLINE uint32_t nmcu_core_id(void)
{
    uint32_t id;
    __asm__("csrr %0, mhartid" : "=r"(id));
    return id;
}

NMCU_INLINE uint32_t nmcu_core_count(void)
{
    return NMCU_CORES;
}

/* The first meeting after reset: memory may hold anything. */
void nmcu_flag_barrier_start(void);

void nmcu_flag_barrier(void);

#define NMCU_FIRST_BARRIER nmcu_flag_barrier_start

NMCU_INLINE void nmcu_barrier(void)
{
    nmcu_flag_barrier();
}

#endif
