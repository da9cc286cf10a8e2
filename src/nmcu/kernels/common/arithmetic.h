/* Small functions that several kernels need. */
#ifndef NMCU_ARITHMETIC_H
#define NMCU_ARITHMETIC_H

#include <stdint.h>

static inline uint32_t nmcu_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

#endif
