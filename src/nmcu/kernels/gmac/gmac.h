/* Word gather with gmac: gather and multiply in one instruction (docs/gmac.md). */
#ifndef NMCU_GMAC_KERNELS_H
#define NMCU_GMAC_KERNELS_H

#include <stdint.h>

#include "gmac_layouts.h"
#include "requantize.h"
#include "weighted.h"

/*
 * Block functions: one output channel at a time by four pixels, N entries for every block of M positions. A tap's
 * positions are filled up to whole blocks, a channel's entries to whole halves of chunks; what fills up has the value 0
 * and counts on through the blocks. A chunk has 16 entries for M = 4, else 8. Packed, a channel is
 *   of each chunk, and of the half: four values, the offsets of all its entries (a word; 2 bits each for M = 4, else 4
 *     bits; the first in the low bits), then the other values
 *   narrow form: int32 multiplier, round (with the bias times the multiplier, modulo 2^32), shift
 *   others: int32 bias, multiplier, round (limit), shift
 */
typedef void nmcu_gather_mac_fn(const nmcu_gather_mac_block_t *block);

nmcu_gather_mac_fn nmcu_word_gather_mac_1_4;
nmcu_gather_mac_fn nmcu_word_gather_mac_2_4;
nmcu_gather_mac_fn nmcu_word_gather_mac_1_8;
nmcu_gather_mac_fn nmcu_word_gather_mac_2_8;
nmcu_gather_mac_fn nmcu_word_gather_mac_4_8;
nmcu_gather_mac_fn nmcu_word_gather_mac_1_16;
nmcu_gather_mac_fn nmcu_word_gather_mac_2_16;
nmcu_gather_mac_fn nmcu_word_gather_mac_4_16;
nmcu_gather_mac_fn nmcu_word_gather_mac_8_16;

/* The same, and each result is looked up. */
nmcu_gather_mac_fn nmcu_word_gather_mac_1_4_table;
nmcu_gather_mac_fn nmcu_word_gather_mac_2_4_table;
nmcu_gather_mac_fn nmcu_word_gather_mac_1_8_table;
nmcu_gather_mac_fn nmcu_word_gather_mac_2_8_table;
nmcu_gather_mac_fn nmcu_word_gather_mac_4_8_table;
nmcu_gather_mac_fn nmcu_word_gather_mac_1_16_table;
nmcu_gather_mac_fn nmcu_word_gather_mac_2_16_table;
nmcu_gather_mac_fn nmcu_word_gather_mac_4_16_table;
nmcu_gather_mac_fn nmcu_word_gather_mac_8_16_table;

enum { NMCU_COPIES = 3 };

/* Interleave columns: four channels of four pixels become four words with the four pixels' bytes of one channel. */
void nmcu_interleave_columns(const nmcu_columns_t *columns);

/*
 * A fully-connected layer over t tokens is a 1x1 convolution over a map of t rows and one column.
 *
 * The four pixels of block b of an output row lie a quarter of the row apart: b, b + B, b + 2 B, b + 3 B for B blocks.
 * So the words of neighbouring input columns are those of neighbouring blocks' taps: each is made once, and written to
 * the taps of all blocks that read it. In the interleaved slab, blocks hold slab rows, those taps, those `tap_words`
 * words. Rows that a window takes together are neighbours (with dilation: all of one remainder first), so that a window
 * is one run of words, shared by all output channels and, over slab rows, by up to kernel_height output rows.
 */
typedef struct {
    nmcu_weighted_t weighted; /* a record is a packed group of four channels */
    nmcu_gather_mac_fn *block;
    uint8_t *words; /* L1: the interleaved slab */
    nmcu_requantize_t requant;
    uint16_t chunks, half; /* of a channel's entries */
    uint16_t tap_words;    /* the channels filled up to whole blocks */
    uint16_t
        flat; /* 1: consecutive output pixels are consecutive slab pixels over row ends (1x1, stride 1) */
} nmcu_gather_mac_t;

/* Run the layer. Called by all cores. */
void nmcu_gather_mac_run(const nmcu_gather_mac_t *layer);

#endif
