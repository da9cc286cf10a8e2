/* nmcu_matrix_dense: four rows at a time, for plain RV32IM (prototype: matrix.h).
 *
 * Inner loop: 55 instructions, 57 cycles, 16 MACs (3.56 cycles/MAC): for each of four positions 4 + 1 loads, 4
 * products, 4 additions.
 *
 *   a1  next byte of x   a3  end of the weights   s11  bytes of weights   t0-t3  weights   t4  x   t5  product   the
 *   others: matrix_rv32.inc
 */
#include "matrix_rv32.inc"

begin_scalar_function nmcu_matrix_dense
    begin_matrix s11
    slli s11, s11, 4
.Lquad:
    begin_quad
    lw a1, ROWS_X(a0)
    add a3, a2, s11
    .balign 4
.Lword:
    .irp i, 0, 1, 2, 3
        lb t4, \i(a1)
        load_channels \i, a2
        times_channels s0, s1, s2, s3
    .endr
    addi a1, a1, 4
    addi a2, a2, 16
    bne a2, a3, .Lword
    end_quad_scalar .Lquad
end_function nmcu_matrix_dense
