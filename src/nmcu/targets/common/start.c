/* From start-up code to main: the same on every target, on top of the HAL. */

#include <stdint.h>

#include "nmcu_hal.h"

int main(void);
_Noreturn void nmcu_start(void);

#ifndef NMCU_FIRST_BARRIER /* a port whose barrier needs its memory set up */
#define NMCU_FIRST_BARRIER nmcu_barrier
#endif

extern uint32_t __bss_start[], __bss_end[];

/* Clears .bss on hart 0, then runs main on every hart; the run ends when all have returned, with hart 0's
 * return value as exit code. */
_Noreturn void nmcu_start(void)
{
    if (nmcu_core_id() == 0)
        for (volatile uint32_t *word = __bss_start; word < __bss_end; word++)
            *word = 0;
    NMCU_FIRST_BARRIER();
    int code = main();
    nmcu_barrier();
    if (nmcu_core_id() == 0) nmcu_exit(code);
    for (;;)
        nmcu_barrier();
}
