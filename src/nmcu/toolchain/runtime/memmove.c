/* memmove for freestanding programs: in the safe direction, by words where both pointers are aligned alike. */

#include <stddef.h>

#include "words.h"

void *memmove(void *dst, const void *src, size_t bytes)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    const int alike = (((uintptr_t)to ^ (uintptr_t)from) & 3) == 0;
    if ((uintptr_t)to < (uintptr_t)from) {
        if (alike) {
            for (; bytes > 0 && ((uintptr_t)to & 3) != 0; bytes--)
                *to++ = *from++;
            for (; bytes >= 16; bytes -= 16, to += 16, from += 16)
                words4(to, from);
        }
        for (; bytes > 0; bytes--)
            *to++ = *from++;
    } else {
        to += bytes;
        from += bytes;
        if (alike) {
            for (; bytes > 0 && ((uintptr_t)to & 3) != 0; bytes--)
                *--to = *--from;
            for (; bytes >= 16; bytes -= 16)
                words4(to -= 16, from -= 16);
        }
        for (; bytes > 0; bytes--)
            *--to = *--from;
    }
    return dst;
}
