/* Products of two activations, head by head: the scores and the values of attention. */
#ifndef NMCU_PRODUCT_H
#define NMCU_PRODUCT_H

#include <stdint.h>

#include "attention_layouts.h"
#include "requantize.h"

/* Accumulators start at zero; with what each packed group begins with; with that and what each row adds. */
enum { NMCU_NOTHING_STARTS = 0, NMCU_OUTPUTS_START = 1, NMCU_ROWS_START = 2 };

typedef void nmcu_product_block_fn(const nmcu_product_block_t *block);

nmcu_product_block_fn nmcu_product_4x4; /* four rows: 24 instructions for 64 MACs */
nmcu_product_block_fn nmcu_product_4x1; /* one row: 9 instructions for 16 MACs */

/*
 * Pack one group of four rows (or of four columns) of `b`, whose rows lie `pitch` bytes apart: `words` words of each.
 * Output c starts at `constant + scale * (sum of its bytes)`. All rows are word-aligned.
 */
typedef void nmcu_product_pack_fn(uint8_t *group, const int8_t *b, uint32_t pitch, uint32_t words,
                                  int32_t scale, int32_t constant);

nmcu_product_pack_fn nmcu_product_pack_rows;
nmcu_product_pack_fn nmcu_product_pack_columns;

/* `start[p]` = `scale` times the sum of 4 * `words` bytes of row p, for four rows that lie `pitch` bytes apart. */
void nmcu_product_sums(const int8_t *x, uint32_t pitch, uint32_t words, int32_t scale, int32_t start[4]);

/*
 * y[h][r][j] = requantised sum over i < inner of (x[h][r][i] - z_x) * (b[h][j][i] - z_b), with b[h][i][j] instead if
 * `columns` is set. Strides of the tensors in L2 are in bytes. A tile is some rows of one head; its b is packed when
 * the first tile of a head is computed.
 */
typedef struct {
    const int8_t *x, *b; /* L2 */
    int8_t *y;           /* L2 */
    uint32_t x_head, x_row, b_head, b_row, y_head, y_row;
    uint32_t heads, rows, outputs, inner;
    uint32_t columns;
    uint32_t tile_rows, row_tiles;             /* per head */
    int8_t *x_tile[2], *b_tile[2], *y_tile[2]; /* L1: rows padded to whole words */
    uint8_t *packed;                           /* L1 */
    int32_t zero_x, zero_b;
    int32_t multiplier, round, shift;
    nmcu_requantize_t requant;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_product_t;

/* Run the layer. Called by all cores. */
void nmcu_product_run(const nmcu_product_t *layer);

#endif
