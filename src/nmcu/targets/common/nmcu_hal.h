/* The hardware abstraction: all that generated code and kernels know of a chip.
 *
 * Programs are SPMD: main runs on every core. The functions are inline and come from the `nmcu_port.h` of the
 * target, chosen by include path; a new chip is one such file. Nothing here is specific to RISC-V.
 *
 * Memories: L1 is the fast memory that kernels compute in, L2 holds code, constants and activations, L3 is big and
 * reachable only by DMA. On a chip with one flat memory all three may be that memory and the DMA a copy. */

#ifndef NMCU_HAL_H
#define NMCU_HAL_H

#include <stddef.h>
#include <stdint.h>

/* 0 where L1 and L2 are one memory: kernels then use operands, results and constants where they lie, and a null
 * buffer in a descriptor says of which. */
#ifndef NMCU_STAGED
#define NMCU_STAGED 1
#endif

#define NMCU_INLINE static inline __attribute__((always_inline, unused))

/* Number of the calling core, 0 to nmcu_core_count() - 1. */
NMCU_INLINE uint32_t nmcu_core_id(void);

/* Number of cores that run the program. */
NMCU_INLINE uint32_t nmcu_core_count(void);

/* Waits until every core has arrived. Everything written before it, by any core, is visible after it. */
NMCU_INLINE void nmcu_barrier(void);

/* Queues a copy of `bytes` bytes between L2 and L1, in either direction, and returns its ticket: 1, 2, 3, ... for
 * each core. Any alignment. Waits while the engine's queue is full. Copies are carried out in the order queued. */
NMCU_INLINE uint32_t nmcu_dma_start_1d(void *dst, const void *src, uint32_t bytes);

/* The same for `rows` rows of `row_bytes` bytes, `dst_stride` and `src_stride` bytes from one row to the next, which
 * may be negative or 0. */
NMCU_INLINE uint32_t nmcu_dma_start_2d(void *dst, const void *src, uint32_t row_bytes, uint32_t rows,
                                       uint32_t dst_stride, uint32_t src_stride);

/* Waits until all L2 <-> L1 copies of the calling core up to this ticket are complete. */
NMCU_INLINE void nmcu_dma_wait(uint32_t ticket);

/* The same three between L3 and L2, on an engine and with tickets of their own. */
NMCU_INLINE uint32_t nmcu_l3_start_1d(void *dst, const void *src, uint32_t bytes);
NMCU_INLINE uint32_t nmcu_l3_start_2d(void *dst, const void *src, uint32_t row_bytes, uint32_t rows,
                                      uint32_t dst_stride, uint32_t src_stride);
NMCU_INLINE void nmcu_l3_wait(uint32_t ticket);

#ifndef NMCU_LIBRARY /* what a whole program has, and a library in another one does without */

/* First free byte of L1 (16-byte aligned), after the variables placed there. */
NMCU_INLINE void *nmcu_l1_base(void);

/* Bytes from nmcu_l1_base() to the stacks. */
NMCU_INLINE uint32_t nmcu_l1_size(void);

/* Marks the start of region `id` on the calling core: what it does from here on is counted for that region. With
 * NMCU_REGION_PART, of a part of the region that the core is in, which goes on. */
#define NMCU_REGION_PART 0x80000000u
NMCU_INLINE void nmcu_region(uint32_t id);

/* Cycles since reset, modulo 2^32. */
NMCU_INLINE uint32_t nmcu_cycles(void);

/* Writes one character to the host's standard output. */
NMCU_INLINE void nmcu_putchar(char character);

/* Ends the run of all cores with this exit code. */
NMCU_INLINE _Noreturn void nmcu_exit(int code);

#endif

#include "nmcu_port.h"

/* Where a variable lives. L1 and L2 buffers are not initialised; weights and L3 data may be. */
#define NMCU_L1 NMCU_PLACE(".bss.nmcu.l1")
#define NMCU_L2 NMCU_PLACE(".bss.nmcu.l2")
#define NMCU_L3 NMCU_PLACE(".l3")
#define NMCU_L3_BUFFER NMCU_PLACE(".bss.nmcu.l3")
#define NMCU_WEIGHTS NMCU_PLACE(".weights")

#endif
