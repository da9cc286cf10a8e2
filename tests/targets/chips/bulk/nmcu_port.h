/* HAL port of a chip with one RAM and one engine, which moves data between it and serial RAM (the simulator's
 * registers). */

#ifndef NMCU_PORT_H
#define NMCU_PORT_H

#define NMCU_L3_ENGINE 0x40000000u

#include "nmcu_copy_dma.h"
#include "nmcu_one_core.h"
#include "nmcu_simulated.h"

NMCU_INLINE uint32_t nmcu_l3_start_2d(void *dst, const void *src, uint32_t row_bytes, uint32_t rows,
                                      uint32_t dst_stride, uint32_t src_stride)
{
    nmcu_register_write(NMCU_L3_ENGINE + 0x00, (uint32_t)(uintptr_t)src);
    nmcu_register_write(NMCU_L3_ENGINE + 0x04, (uint32_t)(uintptr_t)dst);
    nmcu_register_write(NMCU_L3_ENGINE + 0x08, row_bytes);
    nmcu_register_write(NMCU_L3_ENGINE + 0x0C, rows);
    nmcu_register_write(NMCU_L3_ENGINE + 0x10, src_stride);
    nmcu_register_write(NMCU_L3_ENGINE + 0x14, dst_stride);
    return nmcu_register_read(NMCU_L3_ENGINE + 0x18);
}

NMCU_INLINE uint32_t nmcu_l3_start_1d(void *dst, const void *src, uint32_t bytes)
{
    return nmcu_l3_start_2d(dst, src, bytes, 1, 0, 0);
}

NMCU_INLINE void nmcu_l3_wait(uint32_t ticket)
{
    nmcu_register_write(NMCU_L3_ENGINE + 0x1C, ticket);
    (void)nmcu_register_read(NMCU_L3_ENGINE + 0x20);
}

#endif
