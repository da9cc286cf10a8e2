/* What the ports of all simulated targets share: the host I/O page and the layout of L1. */

#ifndef NMCU_SIMULATED_H
#define NMCU_SIMULATED_H

#include <stdint.h>

#ifndef NMCU_HOST_IO_BASE
#define NMCU_HOST_IO_BASE 0x1A100000u
#endif

enum {
    NMCU_HOST_IO_EXIT = 0x00,
    NMCU_HOST_IO_PUTCHAR = 0x04,
    NMCU_HOST_IO_REGION = 0x08,
    NMCU_HOST_IO_CYCLES_LOW = 0x0C,
    NMCU_HOST_IO_NEXT_RUN = 0x14,
};

#define NMCU_NEXT_RUN() nmcu_register_read(NMCU_HOST_IO_BASE + NMCU_HOST_IO_NEXT_RUN)

#define NMCU_PLACE(section_name) __attribute__((section(section_name), aligned(4)))

/* The compiler must not move memory accesses over an access to a peripheral. */
#define NMCU_FENCE() __asm__ volatile("" ::: "memory")

NMCU_INLINE uint32_t nmcu_register_read(uintptr_t address)
{
    NMCU_FENCE();
    uint32_t value = *(volatile uint32_t *)address;
    NMCU_FENCE();
    return value;
}

NMCU_INLINE void nmcu_register_write(uintptr_t address, uint32_t value)
{
    NMCU_FENCE();
    *(volatile uint32_t *)address = value;
    NMCU_FENCE();
}

NMCU_INLINE void nmcu_region(uint32_t id)
{
    nmcu_register_write(NMCU_HOST_IO_BASE + NMCU_HOST_IO_REGION, id);
}

NMCU_INLINE uint32_t nmcu_cycles(void)
{
    return nmcu_register_read(NMCU_HOST_IO_BASE + NMCU_HOST_IO_CYCLES_LOW);
}

#ifndef NMCU_OWN_CONSOLE /* a port that prints and ends in a way of its own brings these two */
NMCU_INLINE void nmcu_putchar(char character)
{
    nmcu_register_write(NMCU_HOST_IO_BASE + NMCU_HOST_IO_PUTCHAR, (uint8_t)character);
}

NMCU_INLINE _Noreturn void nmcu_exit(int code)
{
    nmcu_register_write(NMCU_HOST_IO_BASE + NMCU_HOST_IO_EXIT, (uint32_t)code);
    for (;;)
        ;
}
#endif

/* Start of the free L1 memory, and the lowest stack's lowest byte (linker script). */
extern char __l1_free_start[], __l1_free_end[];

NMCU_INLINE void *nmcu_l1_base(void)
{
    return __l1_free_start;
}

NMCU_INLINE uint32_t nmcu_l1_size(void)
{
    return (uint32_t)(__l1_free_end - __l1_free_start);
}

#endif
