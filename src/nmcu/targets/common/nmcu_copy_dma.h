/* DMA on a chip that has none: a copy by the calling core, complete when it returns. */

#ifndef NMCU_COPY_DMA_H
#define NMCU_COPY_DMA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

NMCU_INLINE uint32_t nmcu_dma_start_2d(void *dst, const void *src, uint32_t row_bytes, uint32_t rows,
                                       uint32_t dst_stride, uint32_t src_stride)
{
    for (uint32_t row = 0; row < rows; row++)
        memcpy((char *)dst + (ptrdiff_t)row * (int32_t)dst_stride,
               (const char *)src + (ptrdiff_t)row * (int32_t)src_stride, row_bytes);
    return 1;
}

NMCU_INLINE uint32_t nmcu_dma_start_1d(void *dst, const void *src, uint32_t bytes)
{
    return nmcu_dma_start_2d(dst, src, bytes, 1, 0, 0);
}

NMCU_INLINE void nmcu_dma_wait(uint32_t ticket)
{
    (void)ticket;
}

#ifndef NMCU_L3_ENGINE /* a port that has an engine for L3 brings these three */
NMCU_INLINE uint32_t nmcu_l3_start_1d(void *dst, const void *src, uint32_t bytes)
{
    return nmcu_dma_start_2d(dst, src, bytes, 1, 0, 0);
}

NMCU_INLINE uint32_t nmcu_l3_start_2d(void *dst, const void *src, uint32_t row_bytes, uint32_t rows,
                                      uint32_t dst_stride, uint32_t src_stride)
{
    return nmcu_dma_start_2d(dst, src, row_bytes, rows, dst_stride, src_stride);
}

NMCU_INLINE void nmcu_l3_wait(uint32_t ticket)
{
    (void)ticket;
}

#endif

#endif
