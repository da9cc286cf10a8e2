/* HAL port of the machine the compiler runs on: one core, all memories are one, DMA is a copy. The program is a shared
 * library, so there is nothing to exit from and nobody to count cycles for. */

#ifndef NMCU_PORT_H
#define NMCU_PORT_H

#include <stdio.h>
#include <stdlib.h>

#include "nmcu_copy_dma.h"
#include "nmcu_one_core.h"

#define NMCU_PLACE(section_name) __attribute__((aligned(16)))

#ifndef NMCU_HOST_L1_BYTES
#define NMCU_HOST_L1_BYTES (112 * 1024)
#endif

NMCU_INLINE void *nmcu_l1_base(void)
{
    static __attribute__((aligned(16))) char l1[NMCU_HOST_L1_BYTES];
    return l1;
}

NMCU_INLINE uint32_t nmcu_l1_size(void)
{
    return NMCU_HOST_L1_BYTES;
}

NMCU_INLINE void nmcu_region(uint32_t id)
{
    (void)id;
}

NMCU_INLINE uint32_t nmcu_cycles(void)
{
    return 0;
}

NMCU_INLINE void nmcu_putchar(char character)
{
    putchar(character);
}

NMCU_INLINE _Noreturn void nmcu_exit(int code)
{
    exit(code);
}

#endif
