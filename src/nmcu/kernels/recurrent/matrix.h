/* Rows of an int8 matrix times an int8 vector, rescaled to int16: the gates of recurrent layers. */
#ifndef NMCU_MATRIX_H
#define NMCU_MATRIX_H

#include <stdint.h>

#include "nmcu_hal.h"
#include "recurrent_layouts.h"

typedef void nmcu_matrix_fn(const nmcu_rows_block_t *block);

/* A quad is an nmcu_quad_t and behind it
 *   dense      for every four columns a word of each row: int8 value[steps][4][4]
 *   gather_g4  uint8 distance[1 + 4 * steps], filled up to words, and int8 value[steps][4][4]: as in byte_gather.h
 *   gather_g1  of each row in turn such distances, and int8 value[steps][4] */
nmcu_matrix_fn nmcu_matrix_dense;     /* 9 instructions for 16 MACs */
nmcu_matrix_fn nmcu_matrix_gather_g4; /* 18 for 16 */
nmcu_matrix_fn nmcu_matrix_gather_g1; /* 12 for 4 */

typedef struct {
    const uint8_t *records; /* L2 */
    uint8_t *tile[2];       /* L1; null: records are read where they lie */
    nmcu_matrix_fn *rows;
    uint32_t quad_bytes;
    uint32_t steps;
} nmcu_matrix_t;

/* Where the records of a tile lie that begins with quad `first`. */
static inline const uint8_t *nmcu_matrix_records(const nmcu_matrix_t *matrix, unsigned slot, unsigned first)
{
#if !NMCU_STAGED
    if (!matrix->tile[0]) return matrix->records + first * matrix->quad_bytes;
#endif
    (void)first;
    return matrix->tile[slot];
}

#endif
