/* nmcu_matrix_gather_g4: four rows that share positions, for plain RV32IM (prototype: matrix.h).
 *
 * Inner loop: 63 instructions, 65 cycles, 16 MACs (4.06 cycles/MAC): for each of four entries 1 distance, 1 byte of x,
 * 4 weights, 4 products, 4 additions and 1 for the pointer.
 *
 *   a1  byte of the next entry   a3  next distance   s6  end of the weights   s7  their bytes   s11  bytes of distances
 *   t0-t3  weights   t4  x   t5  product   t6  distance   the others: matrix_rv32.inc
 */
#include "matrix_rv32.inc"
#include "gather_bytes.inc"

begin_scalar_function nmcu_matrix_gather_g4
    begin_matrix s7
    slli s11, s7, 2
    slli s7, s7, 4
    addi s11, s11, 4 /* (1 + 4 * steps) filled up to words */
.Lquad:
    begin_quad
    lbu t0, 0(a2)
    lw a1, ROWS_X(a0)
    addi a3, a2, 1
    add a2, a2, s11
    add a1, a1, t0
    add s6, a2, s7
    gather_rows_scalar s6
    end_quad_scalar .Lquad
end_function nmcu_matrix_gather_g4
