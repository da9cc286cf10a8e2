/* nmcu_matrix_dense: four rows at a time (prototype: matrix.h).
 *
 * Inner loop: 9 instructions, 9 cycles, 16 MACs (0.5625 cycles/MAC): 4 + 1 loads, 4 dot products.
 *
 *   a1  next word of x   a3  steps   t0-t3  weights   t4  x   the others: matrix.inc
 */
#include "matrix.inc"

begin_function nmcu_matrix_dense
    begin_matrix a3
.Lquad:
    begin_quad
    lw a1, ROWS_X(a0)
    loop0 a3, 9
        dot_4x1 a2, s0, s1, s2, s3
    end_quad .Lquad
end_function nmcu_matrix_dense
