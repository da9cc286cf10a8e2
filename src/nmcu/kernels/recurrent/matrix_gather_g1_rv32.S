/* nmcu_matrix_gather_g1: one row at a time, for plain RV32IM (prototype: matrix.h).
 *
 * Inner loop: 27 instructions, 29 cycles, 4 MACs (7.25 cycles/MAC): for each of four entries 1 distance, 1 weight, 1
 * byte of x, 1 product, 1 addition and 1 for the pointer.
 *
 *   a1  byte of the next entry   a3  next distance   s6  end of the weights   s7  their bytes   s11  bytes of distances
 *   t0  distance   t4  weight   t5  x   the others: matrix_rv32.inc
 */
#include "matrix_rv32.inc"
#include "gather_bytes.inc"

.macro gather_scalar sum
    lbu t0, 0(a2)
    lw a1, ROWS_X(a0)
    addi a3, a2, 1
    add a2, a2, s11
    add a1, a1, t0
    add s6, a2, s7
    gather_row_scalar \sum, s6
.endm

begin_scalar_function nmcu_matrix_gather_g1
    begin_matrix s7
    slli s7, s7, 2
    addi s11, s7, 4 /* (1 + 4 * steps) filled up to words */
.Lquad:
    begin_quad
    gather_scalar s0
    gather_scalar s1
    gather_scalar s2
    gather_scalar s3
    end_quad_scalar .Lquad
end_function nmcu_matrix_gather_g1
