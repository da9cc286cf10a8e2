/* Constants that stream from L3 to L2 while earlier layers run, and activations that wait in L3. */
#ifndef NMCU_STREAM_H
#define NMCU_STREAM_H

#include "pipeline.h"

typedef struct {
    const uint8_t *from; /* L3 */
    uint32_t to;         /* of the ring in L2 */
    uint32_t bytes;
} nmcu_chunk_t;

/*
 * Called by all cores; the one that loads constants acts, because it knows that nothing reads their old places any
 * more. `chunks` are started in the order of their numbers; their tickets count on from run to run.
 */
static inline void nmcu_stream_start(const nmcu_chunk_t *chunks, uint32_t *tickets, uint8_t *ring,
                                     unsigned count)
{
    if (nmcu_core_id() == NMCU_CONSTANTS_CORE)
        for (unsigned i = 0; i < count; i++)
            tickets[i] = nmcu_l3_start_1d(ring + chunks[i].to, chunks[i].from, chunks[i].bytes);
}

/* Wait until the chunk with this ticket has come, on the core that loads constants. */
static inline void nmcu_stream_wait(const uint32_t *ticket)
{
    if (nmcu_core_id() == NMCU_CONSTANTS_CORE) nmcu_l3_wait(*ticket);
}

/* Move an activation between L2 and L3. Called by all cores, between layers; it is there when they go on. */
static inline void nmcu_move(int8_t *to, const int8_t *from, uint32_t bytes)
{
    if (nmcu_core_id() == NMCU_STORE_CORE) nmcu_l3_wait(nmcu_l3_start_1d(to, from, bytes));
    nmcu_barrier();
}

#endif
