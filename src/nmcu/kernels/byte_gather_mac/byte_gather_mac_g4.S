/* nmcu_byte_gather_mac_g4: four output channels that share positions, of one token (prototype: byte_gather_mac.h).
 *
 * Inner loop: 12 instructions, 12 cycles, 16 MACs (0.75 cycles/MAC): 4 distances, 4 bytes, 4 products with the weights
 * of four channels.
 *
 *   a0  block   a1  byte of the next entry   a2  next weights   a3  next distance   a5  next output word   a6  records
 *   s0-s3  sums   s7  steps   s11  bytes of distances   t0-t3  distances, bytes, constants   t6 ra  lo, hi
 */
#include "nmcu_gmac.h"
#include "gather_bytes.inc"
#include "records.inc"

/* All entries of four channels. */
.macro reduce
    loop0 s7, 12
        cv.lbu t0, (a3), 1
        cv.lbu t1, (a3), 1
        cv.lbu t2, (a3), 1
        cv.lbu t3, (a3), 1
        cv.lbu t0, (a1), t0
        cv.lbu t1, (a1), t1
        cv.lbu t2, (a1), t2
        cv.lbu t3, (a1), t3
        nm.gmaci.m1 t0, a2, 0
        nm.gmaci.m1 t1, a2, 0
        nm.gmaci.m1 t2, a2, 0
        nm.gmaci.m1 t3, a2, 0
.endm

begin_function nmcu_byte_gather_mac_g4
    save_registers
    lw a5, RECORDS_Y(a0)
    lw a2, RECORDS_WEIGHTS(a0)
    lw a6, RECORDS_RECORDS(a0)
    lw s7, RECORDS_STEPS(a0)
    lw t1, RECORDS_FORM(a0)
    lw t6, RECORDS_LO(a0)
    lw ra, RECORDS_HI(a0)
    slli s11, s7, 2
    addi s11, s11, 4 /* (1 + 4 * steps) filled up to words */
    nm.acc.push zero, zero
    nm.acc.push zero, zero
    nm.acc.push zero, zero
    nm.acc.push zero, zero
    bnez t1, .Lother

.Lnarrow:
    begin_bytes RECORDS_X
    reduce
    .irp channel, 0, 1, 2, 3
        cv.lw t0, (a2), 4
        cv.lw t1, (a2), 4
        cv.lw t2, (a2), 4
        nm.acc.scale s0, t0, t1
        nm.pack.b s1, s0, t2
    .endr
    cv.max.sc.b s1, s1, t6
    cv.min.sc.b s1, s1, ra
    cv.sw s1, (a5), 4
    addi a6, a6, -1
    bnez a6, .Lnarrow
    restore_registers
    ret

.Lother:
    cv.lw s0, (a2), 4
    cv.lw s1, (a2), 4
    cv.lw s2, (a2), 4
    cv.lw s3, (a2), 4
    nm.acc.push zero, s0
    nm.acc.push zero, s1
    nm.acc.push zero, s2
    nm.acc.push zero, s3
    begin_bytes RECORDS_X
    reduce
    nm.acc.push s0, zero
    nm.acc.push s1, zero
    nm.acc.push s2, zero
    nm.acc.push s3, zero
    requantize_next_four RECORDS_LO, , a2, s0, s1, s2, s3
    pack_four s0, s1, s2, s3
    cv.sw s0, (a5), 4
    addi a6, a6, -1
    bnez a6, .Lother
    restore_registers
    ret
end_function nmcu_byte_gather_mac_g4
