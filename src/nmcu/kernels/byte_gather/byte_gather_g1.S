/* nmcu_byte_gather_g1: one output channel of one token (prototype: byte_gather.h).
 *
 * Inner loop: 12 instructions, 12 cycles, 4 MACs (3 cycles/MAC): 4 distances, 4 bytes, 2 to pack, 1 load of weights, 1
 * dot product.
 *
 *   a0  block   a1  byte of the next entry   a2  next weight   a3  next distance   s0  accumulator   s7  steps
 *   s11  bytes of distances   t0-t4  distances, bytes   t6  weights
 */
#include "records.inc"

begin_function nmcu_byte_gather_g1
    records_start
    lw s7, RECORDS_STEPS(a0)
    slli s11, s7, 2
    addi s11, s11, 4 /* (1 + 4 * steps) filled up to words */

.Lchannel:
    cv.lw s0, (a2), 4
    mv a3, a2
    cv.lbu t0, (a3), 1
    lw a1, RECORDS_X(a0)
    add a2, a2, s11
    add a1, a1, t0
    loop0 s7, 12
        cv.lbu t0, (a3), 1
        cv.lbu t1, (a3), 1
        cv.lbu t2, (a3), 1
        cv.lbu t3, (a3), 1
        cv.lw t6, (a2), 4
        cv.lbu t0, (a1), t0
        cv.lbu t1, (a1), t1
        cv.lbu t2, (a1), t2
        cv.lbu t3, (a1), t3
        cv.packlo.b t4, t1, t0
        cv.packhi.b t4, t3, t2
        cv.sdotsp.b s0, t4, t6
    records_requantize s0
    records_store 0, s0
    next_group .Lchannel
end_function nmcu_byte_gather_g1
