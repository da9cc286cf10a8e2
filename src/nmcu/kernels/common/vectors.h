/* Sixteen int8 at once, for portable bodies, where the compiler has vectors and the processor is likely to: programs of
 * this machine, which run over whole data sets. */
#ifndef NMCU_VECTORS_H
#define NMCU_VECTORS_H

#if defined(__clang__) && __SIZEOF_POINTER__ == 8
#define NMCU_VECTORS 1

#include <stdint.h>
#include <string.h>

typedef int8_t nmcu_bytes_t __attribute__((vector_size(16)));
typedef int32_t nmcu_words_t __attribute__((vector_size(16)));
typedef int32_t nmcu_sums_t __attribute__((vector_size(32)));

static inline int32_t nmcu_word_at(const void *from)
{
    int32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

static inline nmcu_bytes_t nmcu_bytes_at(const void *from)
{
    nmcu_bytes_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

static inline nmcu_bytes_t nmcu_bytes_of(int32_t a, int32_t b, int32_t c, int32_t d)
{
    const nmcu_words_t words = {a, b, c, d};
    return (nmcu_bytes_t)words;
}

/* sums[i] + a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1], in a form that compilers know an instruction for. */
static inline nmcu_sums_t nmcu_pairs(nmcu_sums_t sums, nmcu_bytes_t a, nmcu_bytes_t b)
{
    typedef int16_t halves_t __attribute__((vector_size(32)));
    typedef int32_t products_t __attribute__((vector_size(64)));
    const halves_t x = __builtin_convertvector(a, halves_t), y = __builtin_convertvector(b, halves_t);
    const products_t products =
        __builtin_convertvector(x, products_t) * __builtin_convertvector(y, products_t);
    return sums + __builtin_shufflevector(products, products, 0, 2, 4, 6, 8, 10, 12, 14) +
           __builtin_shufflevector(products, products, 1, 3, 5, 7, 9, 11, 13, 15);
}

#endif

#endif
