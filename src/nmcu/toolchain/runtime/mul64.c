/* 64-bit product modulo 2^64. */

#include "int64.h"

uint64_t __muldi3(uint64_t a, uint64_t b);

uint64_t __muldi3(uint64_t a, uint64_t b)
{
    split64_t x = {a}, y = {b};
    split64_t product = {(uint64_t)x.half.low * y.half.low};
    product.half.high += x.half.low * y.half.high + x.half.high * y.half.low;
    return product.whole;
}
