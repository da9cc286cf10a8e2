/* Keep: the next value of a state goes to the state's memory. Called by all cores. */
#ifndef NMCU_KEEP_H
#define NMCU_KEEP_H

#include <stdint.h>

typedef struct {
    const int8_t *from; /* L2; may overlap `to` */
    int8_t *to;         /* L2 */
    uint32_t bytes;
    int8_t *staging; /* L1 */
    uint32_t staging_bytes;
} nmcu_keep_t;

void nmcu_keep_run(const nmcu_keep_t *layer);

#endif
