/* nmcu_byte_gather_g4: four output channels that share positions, of one token (prototype: byte_gather.h).
 *
 * Inner loop: 18 instructions, 18 cycles, 16 MACs (1.13 cycles/MAC): 4 distances, 4 bytes, 2 to pack, 4 loads of
 * weights, 4 dot products.
 *
 *   a0  block   a1  byte of the next entry   a2  next weight   a3  next distance   s0-s3  accumulators   s7  steps
 *   s11  bytes of distances   t0-t4  distances, bytes   t5 t6  weights
 */
#include "records.inc"
#include "gather_bytes.inc"

begin_function nmcu_byte_gather_g4
    records_start
    lw s7, RECORDS_STEPS(a0)
    slli s11, s7, 2
    addi s11, s11, 4 /* (1 + 4 * steps) filled up to words */

.Lchannels:
    cv.lw s0, (a2), 4
    cv.lw s1, (a2), 4
    cv.lw s2, (a2), 4
    cv.lw s3, (a2), 4
    begin_bytes RECORDS_X
    gather_rows
    requantize_next_four RECORDS_LO, , a2, s0, s1, s2, s3
    records_store 0, s0
    records_store 0, s1
    records_store 0, s2
    records_store 0, s3
    next_group .Lchannels
end_function nmcu_byte_gather_g4
