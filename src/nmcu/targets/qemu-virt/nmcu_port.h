/* HAL port of QEMU's machine virt: one hart, flat memory, no DMA engine. The simulator runs the same program: it has a
 * host I/O page where QEMU ignores writes, and QEMU a test device and a UART that are used on it alone. */

#ifndef NMCU_PORT_H
#define NMCU_PORT_H

#define NMCU_HOST_IO_BASE 0x00100800u
#define NMCU_OWN_CONSOLE

#include "nmcu_copy_dma.h"
#include "nmcu_one_core.h"
#include "nmcu_simulated.h"

enum {
    NMCU_TEST_DEVICE = 0x00100000,
    NMCU_TEST_PASS = 0x5555,
    NMCU_TEST_FAIL = 0x3333, /* the exit code in the upper half */
    NMCU_UART = 0x10000000,  /* of a 16550: what is written there is sent */
};

/* Not the simulator, whose cores say that they are OpenHW's: QEMU has no vendor. */
NMCU_INLINE int nmcu_on_qemu(void)
{
    uint32_t vendor;
    __asm__ volatile("csrr %0, mvendorid" : "=r"(vendor));
    return vendor == 0;
}

NMCU_INLINE void nmcu_putchar(char character)
{
    if (nmcu_on_qemu())
        *(volatile uint8_t *)NMCU_UART = (uint8_t)character;
    else
        nmcu_register_write(NMCU_HOST_IO_BASE + NMCU_HOST_IO_PUTCHAR, (uint8_t)character);
}

NMCU_INLINE _Noreturn void nmcu_exit(int code)
{
    nmcu_register_write(NMCU_HOST_IO_BASE + NMCU_HOST_IO_EXIT, (uint32_t)code);
    nmcu_register_write(NMCU_TEST_DEVICE, code ? NMCU_TEST_FAIL | (uint32_t)code << 16 : NMCU_TEST_PASS);
    for (;;)
        ;
}

#endif
