/* Runs on several sets of inputs, for a program whose host writes them. */

#ifndef NMCU_NEXT_RUN_H
#define NMCU_NEXT_RUN_H

#include "nmcu_hal.h"

/* Whether the program's main is to run the network again, on inputs that the host has written meanwhile. Called by all
 * cores. A port whose host gives one set of inputs need not define it. */
#ifndef NMCU_NEXT_RUN
#define NMCU_NEXT_RUN() 0u
#endif

NMCU_INLINE uint32_t nmcu_next_run(void)
{
    static volatile uint32_t more;

    nmcu_barrier();
    if (nmcu_core_id() == 0) more = NMCU_NEXT_RUN();
    nmcu_barrier();
    return more;
}

#endif
