/* nmcu_byte_gather_g1: one output channel of one token, for plain RV32IM (prototype: byte_gather.h).
 *
 * Inner loop: 27 instructions, 29 cycles, 4 MACs (7.25 cycles/MAC): for each of four entries 1 distance, 1 weight, 1
 * input, 1 product, 1 addition and 1 for the pointer.
 *
 *   a0  block   a1  byte of the next entry   a2  next weight   a3  next distance   a4  end of the weights
 *   a6  records to do   a7  next output byte   s0  accumulator   s2  bytes of distances   s3  bytes of weights
 *   t0  distance   t4  weight   t5  input
 */
#include "records_rv32.inc"
#include "gather_bytes.inc"

begin_scalar_function nmcu_byte_gather_g1
    records_start_scalar
    lw s3, RECORDS_STEPS(a0)
    slli s3, s3, 2
    addi s2, s3, 4 /* (1 + 4 * steps) filled up to words */

.Lchannel:
    lw s0, 0(a2)
    lbu t0, 4(a2)
    lw a1, RECORDS_X(a0)
    addi a3, a2, 5
    addi a2, a2, 4
    add a2, a2, s2
    add a1, a1, t0
    add a4, a2, s3
    gather_row_scalar s0, a4
    records_requantize_scalar s0
    sb s0, 0(a7)
    addi a7, a7, 1
    addi a6, a6, -1
    bnez a6, .Lchannel
    restore_registers
    ret
end_function nmcu_byte_gather_g1
