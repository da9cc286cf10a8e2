/* nmcu_matrix_gather_g1: one row at a time (prototype: matrix.h).
 *
 * Inner loop: 12 instructions, 12 cycles, 4 MACs (3 cycles/MAC): 4 distances, 4 bytes, 2 to pack, 1 load of weights, 1
 * dot product.
 *
 *   a1  byte of the next entry   a3  next distance   s7  steps   s11  bytes of distances   t0-t4  distances, bytes
 *   t6  weights   the others: matrix.inc
 */
#include "matrix.inc"
#include "gather_bytes.inc"

.macro gather sum
    begin_bytes ROWS_X
    gather_row \sum
.endm

begin_function nmcu_matrix_gather_g1
    begin_matrix s7
    slli s11, s7, 2
    addi s11, s11, 4 /* (1 + 4 * steps) filled up to words */
.Lquad:
    begin_quad
    gather s0
    gather s1
    gather s2
    gather s3
    end_quad .Lquad
end_function nmcu_matrix_gather_g1
