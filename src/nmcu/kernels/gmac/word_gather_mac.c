#include "gmac.h"
#include "sum.h"

static int32_t read_i32(const uint8_t *from)
{
    return *(const int32_t *)(const void *)from;
}

/* Adds the products of `entries` entries, at most a chunk, to the sums, and returns what lies behind them; `entry`
 * counts the channel's entries before. */
static const uint8_t *add_chunk(uint32_t acc[4], const int8_t *x, const uint8_t *packed, unsigned entry,
                                unsigned entries, unsigned n, unsigned m)
{
    const uint32_t offsets = (uint32_t)read_i32(packed + 4);
    const unsigned bits = m == 4 ? 2 : 4;

    for (unsigned e = 0; e < entries; e++) {
        const int32_t value = (int8_t)packed[e < 4 ? e : e + 4];
        const int8_t *word = x + 4 * ((entry + e) / n * m + (offsets >> (e * bits) & (m - 1)));
        for (unsigned p = 0; p < 4; p++)
            acc[p] += (uint32_t)(value * word[p]);
    }
    return packed + entries + 4;
}

static void gather_mac(const nmcu_gather_mac_block_t *block, unsigned n, unsigned m)
{
    const unsigned chunk = m == 4 ? 16 : 8;
    const unsigned entries = block->chunks * chunk + block->half * (chunk / 2);
    const int narrow = block->requant.form == NMCU_NARROW;
    const uint8_t *packed = block->weights;

    for (unsigned channel = 0; channel < 4 * block->groups; channel++) {
        uint32_t acc[4] = {0, 0, 0, 0};
        for (unsigned e = 0; e < entries; e += chunk)
            packed = add_chunk(acc, (const int8_t *)block->x, packed, e,
                               entries - e < chunk ? entries - e : chunk, n, m);
        if (!narrow) {
            for (unsigned p = 0; p < 4; p++)
                acc[p] += (uint32_t)read_i32(packed);
            packed += 4;
        }
        for (unsigned p = 4; p-- > 0;)
            block->y[p][channel] =
                nmcu_finished(0, 0, block->table, 0,
                              nmcu_requantize(&block->requant, (int32_t)acc[p], read_i32(packed),
                                              read_i32(packed + 4), read_i32(packed + 8)));
        packed += 12;
    }
}

#define GATHER_MAC(n, m)                                                              \
    void nmcu_word_gather_mac_##n##_##m(const nmcu_gather_mac_block_t *block)         \
    {                                                                                 \
        gather_mac(block, n, m);                                                      \
    }                                                                                 \
    void nmcu_word_gather_mac_##n##_##m##_table(const nmcu_gather_mac_block_t *block) \
    {                                                                                 \
        gather_mac(block, n, m);                                                      \
    }

GATHER_MAC(1, 4)
GATHER_MAC(2, 4)
GATHER_MAC(1, 8)
GATHER_MAC(2, 8)
GATHER_MAC(4, 8)
GATHER_MAC(1, 16)
GATHER_MAC(2, 16)
GATHER_MAC(4, 16)
GATHER_MAC(8, 16)
