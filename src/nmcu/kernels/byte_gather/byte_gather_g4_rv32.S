/* nmcu_byte_gather_g4: four output channels that share positions, of one token, for plain RV32IM (prototype:
 * byte_gather.h).
 *
 * Inner loop: 63 instructions, 65 cycles, 16 MACs (4.06 cycles/MAC): for each of four entries 1 distance, 4 weights, 1
 * input, 4 products, 4 additions and 1 for the pointer.
 *
 *   a0  block   a1  byte of the next entry   a2  next weight   a3  next distance   a4  end of the weights
 *   a6  records to do   a7  next output byte   s0-s3  accumulators   s4  bytes of distances   s5  bytes of weights
 *   t0-t3  weights   t4  input   t5  product   t6  distance
 */
#include "records_rv32.inc"
#include "gather_bytes.inc"

begin_scalar_function nmcu_byte_gather_g4
    records_start_scalar
    lw s5, RECORDS_STEPS(a0)
    slli s4, s5, 2
    slli s5, s5, 4
    addi s4, s4, 4 /* (1 + 4 * steps) filled up to words */

.Lchannels:
    lw s0, 0(a2)
    lw s1, 4(a2)
    lw s2, 8(a2)
    lw s3, 12(a2)
    lbu t0, 16(a2)
    lw a1, RECORDS_X(a0)
    addi a3, a2, 17
    addi a2, a2, 16
    add a2, a2, s4
    add a1, a1, t0
    add a4, a2, s5
    gather_rows_scalar a4
    records_requantize_scalar s0
    records_requantize_scalar s1
    records_requantize_scalar s2
    records_requantize_scalar s3
    sb s0, 0(a7)
    sb s1, 1(a7)
    sb s2, 2(a7)
    sb s3, 3(a7)
    addi a7, a7, 4
    addi a6, a6, -1
    bnez a6, .Lchannels
    restore_registers
    ret
end_function nmcu_byte_gather_g4
