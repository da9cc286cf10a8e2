/* HAL port of cluster8: event unit and two DMA engines (registers: README.md beside this file). */

#ifndef NMCU_PORT_H
#define NMCU_PORT_H

#include "nmcu_simulated.h"

#ifndef NMCU_CORES /* fewer for a run on a part of the cluster */
#define NMCU_CORES 8u
#endif
#define NMCU_EVENT_UNIT_BASE 0x10200000u
#define NMCU_DMA_BASE 0x10201000u
#define NMCU_L3_DMA_BASE 0x10202000u

enum {
    NMCU_BARRIER_ARRIVE = 0x04,
    NMCU_DMA_SOURCE = 0x00,
    NMCU_DMA_DESTINATION = 0x04,
    NMCU_DMA_ROW_BYTES = 0x08,
    NMCU_DMA_ROWS = 0x0C,
    NMCU_DMA_SOURCE_STRIDE = 0x10,
    NMCU_DMA_DESTINATION_STRIDE = 0x14,
    NMCU_DMA_START = 0x18,
    NMCU_DMA_TICKET = 0x1C,
    NMCU_DMA_WAIT = 0x20,
};

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

NMCU_INLINE void nmcu_barrier(void)
{
    (void)nmcu_register_read(NMCU_EVENT_UNIT_BASE + NMCU_BARRIER_ARRIVE);
}

NMCU_INLINE uint32_t nmcu_engine_start(uintptr_t engine, void *dst, const void *src, uint32_t row_bytes,
                                       uint32_t rows, uint32_t dst_stride, uint32_t src_stride)
{
    nmcu_register_write(engine + NMCU_DMA_SOURCE, (uint32_t)(uintptr_t)src);
    nmcu_register_write(engine + NMCU_DMA_DESTINATION, (uint32_t)(uintptr_t)dst);
    nmcu_register_write(engine + NMCU_DMA_ROW_BYTES, row_bytes);
    nmcu_register_write(engine + NMCU_DMA_ROWS, rows);
    if (rows > 1) {
        nmcu_register_write(engine + NMCU_DMA_SOURCE_STRIDE, src_stride);
        nmcu_register_write(engine + NMCU_DMA_DESTINATION_STRIDE, dst_stride);
    }
    return nmcu_register_read(engine + NMCU_DMA_START);
}

NMCU_INLINE void nmcu_engine_wait(uintptr_t engine, uint32_t ticket)
{
    nmcu_register_write(engine + NMCU_DMA_TICKET, ticket);
    (void)nmcu_register_read(engine + NMCU_DMA_WAIT);
}

NMCU_INLINE uint32_t nmcu_dma_start_1d(void *dst, const void *src, uint32_t bytes)
{
    return nmcu_engine_start(NMCU_DMA_BASE, dst, src, bytes, 1, 0, 0);
}

NMCU_INLINE uint32_t nmcu_dma_start_2d(void *dst, const void *src, uint32_t row_bytes, uint32_t rows,
                                       uint32_t dst_stride, uint32_t src_stride)
{
    return nmcu_engine_start(NMCU_DMA_BASE, dst, src, row_bytes, rows, dst_stride, src_stride);
}

NMCU_INLINE void nmcu_dma_wait(uint32_t ticket)
{
    nmcu_engine_wait(NMCU_DMA_BASE, ticket);
}

NMCU_INLINE uint32_t nmcu_l3_start_1d(void *dst, const void *src, uint32_t bytes)
{
    return nmcu_engine_start(NMCU_L3_DMA_BASE, dst, src, bytes, 1, 0, 0);
}

NMCU_INLINE uint32_t nmcu_l3_start_2d(void *dst, const void *src, uint32_t row_bytes, uint32_t rows,
                                      uint32_t dst_stride, uint32_t src_stride)
{
    return nmcu_engine_start(NMCU_L3_DMA_BASE, dst, src, row_bytes, rows, dst_stride, src_stride);
}

NMCU_INLINE void nmcu_l3_wait(uint32_t ticket)
{
    nmcu_engine_wait(NMCU_L3_DMA_BASE, ticket);
}

#endif
