/* The channels of every token, rolled. */
#ifndef ROLL_H
#define ROLL_H

#include <stdint.h>

typedef struct {
    const int8_t *input; /* (tokens, channels) */
    int8_t *output;
    uint32_t tokens, channels, by;
} roll_t;

/* Run the layer. Called by all cores. */
void roll_run(const roll_t *layer);

#endif
