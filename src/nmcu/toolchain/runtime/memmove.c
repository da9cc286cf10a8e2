/* memmove for freestanding programs: memcpy where the ranges do not overlap, else bytes in the safe direction. */

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t bytes);

void *memmove(void *dst, const void *src, size_t bytes)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    if ((uintptr_t)to - (uintptr_t)from >= bytes && (uintptr_t)from - (uintptr_t)to >= bytes)
        return memcpy(dst, src, bytes);
    if ((uintptr_t)to < (uintptr_t)from)
        for (size_t i = 0; i < bytes; i++)
            to[i] = from[i];
    else
        for (size_t i = bytes; i > 0; i--)
            to[i - 1] = from[i - 1];
    return dst;
}
