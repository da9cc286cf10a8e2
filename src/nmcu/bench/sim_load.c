/* The load of `nmcu bench sim`: a mix of what plain programs do, on every core, in the core's own part of L1. */
#include <stdint.h>

#include "nmcu_hal.h"

#define WORDS 256
#define SIDE 12

struct work {
    uint32_t words[WORDS];
    int8_t a[SIDE * SIDE], b[SIDE * SIDE];
    int32_t c[SIDE * SIDE];
};

static NMCU_L1 struct work work[8];

static uint32_t crc(const uint8_t *bytes, uint32_t count)
{
    uint32_t value = ~0u;
    for (uint32_t i = 0; i < count; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            value = (value >> 1) ^ (0xEDB88320u & (0u - (value & 1u)));
    }
    return ~value;
}

static void sort(uint32_t *words, uint32_t count)
{
    for (uint32_t gap = count / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < count; i++) {
            uint32_t word = words[i], j = i;
            for (; j >= gap && words[j - gap] > word; j -= gap)
                words[j] = words[j - gap];
            words[j] = word;
        }
}

static uint32_t multiply(struct work *w)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < SIDE; i++)
        for (uint32_t j = 0; j < SIDE; j++) {
            int32_t dot = 0;
            for (uint32_t k = 0; k < SIDE; k++)
                dot += w->a[i * SIDE + k] * w->b[k * SIDE + j];
            w->c[i * SIDE + j] = dot;
            sum += (uint32_t)dot;
        }
    return sum;
}

int main(void)
{
    struct work *w = &work[nmcu_core_id()];
    uint32_t state = nmcu_core_id() + 1, check = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < WORDS; i++)
            w->words[i] = state = state * 1664525u + 1013904223u;
        for (uint32_t i = 0; i < SIDE * SIDE; i++) {
            w->a[i] = (int8_t)(w->words[i] >> 24);
            w->b[i] = (int8_t)(w->words[i] >> 16);
        }
        sort(w->words, WORDS);
        check += crc((const uint8_t *)w->words, 64) + multiply(w);
    }
    return (int)(check & 0x7Fu);
}
