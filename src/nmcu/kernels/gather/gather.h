/* Word gather: N:M-sparse convolution and fully-connected layers over words of four pixels. */
#ifndef NMCU_GATHER_H
#define NMCU_GATHER_H

#include <stdint.h>

#include "gather_layouts.h"
#include "requantize.h"
#include "weighted.h"

typedef void nmcu_gather_fn(const nmcu_gather_block_t *block);

nmcu_gather_fn nmcu_word_gather_g1;   /* one channel, four pixels: 23 instructions for 16 MACs */
nmcu_gather_fn nmcu_word_gather_g1x8; /* one channel, eight pixels: 41 for 32 */
nmcu_gather_fn nmcu_word_gather_g4;   /* four channels that share positions, four pixels: 38 for 64 */
/* The same, and each result is looked up. */
nmcu_gather_fn nmcu_word_gather_g1_table;
nmcu_gather_fn nmcu_word_gather_g1x8_table;
nmcu_gather_fn nmcu_word_gather_g4_table;

/*
 * Interleave four pixels: `words` times four channels, read from each of the four pointers, become four words with the
 * four pixels' bytes of one channel, written `stride` bytes apart.
 */
void nmcu_interleave(uint8_t *to, const int8_t *pixel0, const int8_t *pixel1, const int8_t *pixel2,
                     const int8_t *pixel3, unsigned words, unsigned stride);

/*
 * A fully-connected layer over t tokens is a 1x1 convolution over a map of t rows and one column.
 *
 * Each new slab is interleaved once, by all cores: for every slab row, block of four or eight output columns and
 * horizontal tap, one or two words for each channel (`tap_words`, the channels filled up to a multiple of four). A
 * block's window is then kernel_height runs of kernel_width * tap_words contiguous positions, shared by all output
 * channels and, over slab rows, by up to kernel_height output rows.
 */
typedef struct {
    nmcu_weighted_t weighted; /* a record is a packed group */
    nmcu_gather_fn *block;
    nmcu_gather_fn *tail;    /* of eight-pixel blocks: for the four-pixel parts of the last one in a row */
    uint8_t *words;          /* L1: the interleaved slab */
    uint32_t distance_bytes; /* of a group's distances, filled up */
    nmcu_requantize_t requant;
    nmcu_add_parameters_t add; /* with a residual: how it is added to what requant gives */
    uint16_t steps;            /* fours of entries in a segment */
    uint16_t tap_words;
    uint8_t quads; /* fours of pixels in a block: 1 or 2 */
    uint8_t group; /* output channels that share positions: 1 or 4 */
    uint8_t flat; /* 1: consecutive output pixels are consecutive slab pixels over row ends (1x1, stride 1) */
} nmcu_gather_t;

/* Run the layer. Called by all cores. */
void nmcu_gather_run(const nmcu_gather_t *layer);

#endif
