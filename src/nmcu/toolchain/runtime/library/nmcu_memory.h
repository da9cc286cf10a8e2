/* In the place of string.h, in a program of somebody else: copies are by words, whatever its own C library does, and
 * need none. Short ones of known length are instructions. */

#ifndef NMCU_MEMORY_H
#define NMCU_MEMORY_H

#include <stddef.h>

void *nmcu_memcpy(void *restrict dst, const void *restrict src, size_t bytes);
void *nmcu_memmove(void *dst, const void *src, size_t bytes);
void *nmcu_memset(void *dst, int value, size_t bytes);

#define NMCU_IS_SHORT(bytes) (__builtin_constant_p(bytes) && (bytes) <= 16)

#define memcpy(to, from, bytes) \
    (NMCU_IS_SHORT(bytes) ? __builtin_memcpy(to, from, bytes) : nmcu_memcpy(to, from, bytes))
#define memmove(to, from, bytes) nmcu_memmove(to, from, bytes)
#define memset(to, value, bytes) \
    (NMCU_IS_SHORT(bytes) ? __builtin_memset(to, value, bytes) : nmcu_memset(to, value, bytes))

#endif
