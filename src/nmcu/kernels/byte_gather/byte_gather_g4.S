/* nmcu_byte_gather_g4: four output channels that share positions, of one token (prototype: byte_gather.h).
 *
 * Inner loop: 18 instructions, 18 cycles, 16 MACs (1.13 cycles/MAC): 4 distances, 4 bytes, 2 to pack, 4 loads of
 * weights, 4 dot products.
 *
 *   a0  block   a1  byte of the next entry   a2  next weight   a3  next distance   s0-s3  accumulators   s7  steps
 *   s11  bytes of distances   t0-t4  distances, bytes   t5 t6  weights
 */
#include "records.inc"

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
    mv a3, a2
    cv.lbu t0, (a3), 1
    lw a1, RECORDS_X(a0)
    add a2, a2, s11
    add a1, a1, t0
    loop0 s7, 18
        cv.lbu t0, (a3), 1
        cv.lbu t1, (a3), 1
        cv.lbu t2, (a3), 1
        cv.lbu t3, (a3), 1
        cv.lw t5, (a2), 4
        cv.lbu t0, (a1), t0
        cv.lbu t1, (a1), t1
        cv.lbu t2, (a1), t2
        cv.lbu t3, (a1), t3
        cv.lw t6, (a2), 4
        cv.packlo.b t4, t1, t0
        cv.packhi.b t4, t3, t2
        cv.sdotsp.b s0, t4, t5
        cv.lw t5, (a2), 4
        cv.sdotsp.b s1, t4, t6
        cv.lw t6, (a2), 4
        cv.sdotsp.b s2, t4, t5
        cv.sdotsp.b s3, t4, t6
    records_requantize s0
    records_requantize s1
    records_requantize s2
    records_requantize s3
    records_store 0, s0
    records_store 0, s1
    records_store 0, s2
    records_store 0, s3
    next_group .Lchannels
end_function nmcu_byte_gather_g4
