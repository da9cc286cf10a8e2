/* memcpy for freestanding programs: words where both pointers are aligned alike, else bytes. */

#include <stddef.h>

#include "words.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t bytes)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    if ((((uintptr_t)to ^ (uintptr_t)from) & 3) == 0) {
        for (; bytes > 0 && ((uintptr_t)to & 3) != 0; bytes--)
            *to++ = *from++;
        for (; bytes >= 16; bytes -= 16, to += 16, from += 16)
            words4(to, from);
        for (; bytes >= 4; bytes -= 4, to += 4, from += 4)
            *(word_t *)to = *(const word_t *)from;
    }
    for (; bytes > 0; bytes--)
        *to++ = *from++;
    return dst;
}
