/* The part of <string.h> that freestanding programs have. The built-ins let the compiler expand short copies. */

#ifndef NMCU_STRING_H
#define NMCU_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t bytes);
void *memmove(void *dst, const void *src, size_t bytes);
void *memset(void *dst, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

#define memcpy(dst, src, bytes) __builtin_memcpy(dst, src, bytes)
#define memmove(dst, src, bytes) __builtin_memmove(dst, src, bytes)
#define memset(dst, value, bytes) __builtin_memset(dst, value, bytes)
#define memcmp(left, right, bytes) __builtin_memcmp(left, right, bytes)

#endif
