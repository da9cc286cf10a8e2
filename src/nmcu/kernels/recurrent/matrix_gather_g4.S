/* nmcu_matrix_gather_g4: four rows that share positions (prototype: matrix.h).
 *
 * Inner loop: 18 instructions, 18 cycles, 16 MACs (1.13 cycles/MAC): 4 distances, 4 bytes, 2 to pack, 4 loads of
 * weights, 4 dot products.
 *
 *   a1  byte of the next entry   a3  next distance   s7  steps   s11  bytes of distances   t0-t4  distances, bytes
 *   t5 t6  weights   the others: matrix.inc
 */
#include "matrix.inc"
#include "gather_bytes.inc"

begin_function nmcu_matrix_gather_g4
    begin_matrix s7
    slli s11, s7, 2
    addi s11, s11, 4 /* (1 + 4 * steps) filled up to words */
.Lquad:
    begin_quad
    begin_bytes ROWS_X
    gather_rows
    end_quad .Lquad
end_function nmcu_matrix_gather_g4
