/* Operators on the rows of a matrix: tiles of rows through L1, double-buffered; each core takes some rows. */
#ifndef NMCU_ROWS_H
#define NMCU_ROWS_H

#include <stdint.h>

typedef struct {
    const int8_t *input;              /* L2: (rows, in_bytes) */
    int8_t *output;                   /* L2: (rows, out_bytes) */
    int8_t *in_tile[2], *out_tile[2]; /* L1; null: rows are used where they lie, all in one tile */
    uint32_t rows, tile_rows, tiles;
    uint32_t in_bytes, out_bytes;
    const uint8_t *constants; /* L2: copied to constants_copy before the first tile, or null */
    void *constants_copy;     /* L1 */
    uint32_t constant_bytes;
} nmcu_rows_t;

/* What an operator brings: `rows` (at least 1) consecutive rows, the matrix's from number `first` on. `op` are its
 * parameters, in L1. */
typedef void nmcu_rows_fn(const void *op, int8_t *y, const int8_t *x, uint32_t rows, uint32_t first);

/* Run the layer. `shape` and `op` are in L1. Called by all cores. */
void nmcu_rows_run(const nmcu_rows_t *shape, nmcu_rows_fn *fn, const void *op);

/* The same where all cores are given all rows of a tile, and share the work themselves. */
void nmcu_rows_run_whole(const nmcu_rows_t *shape, nmcu_rows_fn *fn, const void *op);

#endif
