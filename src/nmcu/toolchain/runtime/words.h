/* Copies of words, for the functions that copy memory. */

#ifndef NMCU_WORDS_H
#define NMCU_WORDS_H

#include <stdint.h>

typedef uint32_t __attribute__((may_alias)) word_t;

/* What a step reads it reads before it writes: ranges may overlap by anything. */
static inline void words4(unsigned char *to, const unsigned char *from)
{
    word_t a = ((const word_t *)from)[0], b = ((const word_t *)from)[1];
    word_t c = ((const word_t *)from)[2], d = ((const word_t *)from)[3];
    ((word_t *)to)[0] = a;
    ((word_t *)to)[1] = b;
    ((word_t *)to)[2] = c;
    ((word_t *)to)[3] = d;
}

#endif
