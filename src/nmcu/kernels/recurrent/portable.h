/* The end of a quad of rows in the portable bodies. */
#ifndef NMCU_MATRIX_PORTABLE_H
#define NMCU_MATRIX_PORTABLE_H

#include "matrix.h"
#include "rescale.h"

static inline void nmcu_quad_end(const nmcu_rows_block_t *block, const nmcu_quad_t *quad, int16_t *y,
                                 const int32_t sums[4])
{
    for (unsigned row = 0; row < 4; row++) {
        const nmcu_rescale_t how = {quad->multiplier[row], quad->shift[row]};
        y[row] = (int16_t)nmcu_clamp16((y[row] & block->keep) + nmcu_rescaled(sums[row], how));
    }
}

#endif
