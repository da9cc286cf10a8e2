/* A barrier of words that only one core each writes, in the compute memory (which start-up code does not clear). */

#include "nmcu_hal.h"

/* Each core counts its arrivals; core 0 sees them all and says so. Counting takes the place of a sense that turns. */
static volatile uint32_t arrived[NMCU_CORES] NMCU_L1;
static volatile uint32_t released NMCU_L1;

static void order_memory(void)
{
    __asm__ volatile("fence rw, rw" ::: "memory");
}

void nmcu_flag_barrier(void)
{
    const uint32_t core = nmcu_core_id();
    const uint32_t round = arrived[core] + 1;

    order_memory();
    arrived[core] = round;
    if (core == 0) {
        for (uint32_t other = 1; other < NMCU_CORES; other++)
            while (arrived[other] != round)
                ;
        released = round;
    } else {
        while (released != round)
            ;
    }
    order_memory();
}

enum { CALL = 0x5A5A0001, AGAIN = 0x5A5A0002, GO = 0x5A5A0003 };

/*
 * After reset the words above hold anything, even what a former run left. Core 0 calls, calls again and says go; the
 * others echo what they see. An echo of AGAIN after one of CALL is a fresh one, so the other core is there; and a GO
 * after an AGAIN is fresh too, so core 0 has cleared what it clears before this.
 */
void nmcu_flag_barrier_start(void)
{
    const uint32_t core = nmcu_core_id();

    order_memory();
    if (core == 0) {
        for (uint32_t word = CALL; word <= AGAIN; word++) {
            released = word;
            for (uint32_t other = 1; other < NMCU_CORES; other++)
                while (arrived[other] != word)
                    ;
        }
        arrived[0] = GO;
        released = GO;
    } else {
        for (uint32_t seen = 0, last = 0; !(last == AGAIN && seen == GO);) {
            last = seen;
            while ((seen = released) == last)
                ;
            arrived[core] = seen;
        }
    }
    order_memory();
}
