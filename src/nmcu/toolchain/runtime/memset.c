/* memset for freestanding programs: bytes up to a word boundary, then words. */

#include <stddef.h>
#include <stdint.h>

typedef uint32_t __attribute__((may_alias)) word_t;

void *memset(void *dst, int value, size_t bytes)
{
    unsigned char *to = dst;
    word_t word = (uint32_t)(unsigned char)value * 0x01010101u;
    for (; bytes > 0 && ((uintptr_t)to & 3) != 0; bytes--)
        *to++ = (unsigned char)value;
    for (; bytes >= 16; bytes -= 16, to += 16) {
        ((word_t *)to)[0] = word;
        ((word_t *)to)[1] = word;
        ((word_t *)to)[2] = word;
        ((word_t *)to)[3] = word;
    }
    for (; bytes >= 4; bytes -= 4, to += 4)
        *(word_t *)to = word;
    for (; bytes > 0; bytes--)
        *to++ = (unsigned char)value;
    return dst;
}
