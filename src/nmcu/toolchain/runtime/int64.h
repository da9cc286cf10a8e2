/* The 64-bit helpers a 32-bit compiler calls (names and meaning: libgcc's integer routines), built from 32-bit
 * halves so that the compiler cannot turn one of them into a call of itself. */

#ifndef NMCU_INT64_H
#define NMCU_INT64_H

#include <stdint.h>

typedef union {
    uint64_t whole;
    struct {
        uint32_t low, high;
    } half; /* little-endian */
} split64_t;

/* Quotient of n / d; *remainder gets n % d. A zero divisor gives all ones and n, like the divu instruction. */
uint64_t nmcu_udivmod64(uint64_t n, uint64_t d, uint64_t *remainder);

#endif
