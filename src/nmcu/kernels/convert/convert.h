/* States between int8 and int16: so few that cores read and write them where they lie. */
#ifndef NMCU_CONVERT_H
#define NMCU_CONVERT_H

#include "rescale.h"

typedef struct {
    const int8_t *input; /* L2, any alignment; int8, or int16 */
    int8_t *output;      /* of the other type */
    uint32_t count;
    uint32_t widens; /* 1: to int16; 0: to int8 */
    int32_t input_zero_point;
    int32_t zero_point;
    nmcu_rescale_t rescale;
} nmcu_convert_t;

/* Run the layer. Called by all cores. */
void nmcu_convert_run(const nmcu_convert_t *layer);

#endif
