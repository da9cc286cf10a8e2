/* nmcu_word_gather_g1: one output channel by four pixels (prototype: gather.h).
 *
 * Inner loop: 23 instructions, 23 cycles, 16 MACs (1.44 cycles/MAC): 4 distances, 4 words, 10 to transpose, 1 load of
 * weights, 4 dot products.
 *
 *   a1  word of the next entry   a2  next distance   a3  next weight   a4  jump   a5 a6  masks   a7  window
 *   s0-s3  accumulators of pixels 0 to 3   s4-s7  output bytes   s8  channels left   s9  segments   s10  steps
 *   s11  bytes of distances   t0-t5  temporary   t6 ra  lo, hi   a0  form
 */
#include "gather.inc"

begin_function nmcu_word_gather_g1
    save_registers
    lw a7, GATHER_X(a0)
    lw s4, GATHER_Y(a0)
    lw s5, GATHER_Y+4(a0)
    lw s6, GATHER_Y+8(a0)
    lw s7, GATHER_Y+12(a0)
    lw a3, GATHER_WEIGHTS(a0)
    lw s8, GATHER_GROUPS(a0)
    lw s9, GATHER_SEGMENTS(a0)
    lw s10, GATHER_STEPS(a0)
    lw a4, GATHER_JUMP(a0)
    lw s11, GATHER_DISTANCE_BYTES(a0)
    lw t6, GATHER_LO(a0)
    lw ra, GATHER_HI(a0)
    lw a0, GATHER_FORM(a0)
    transpose_masks

.Lchannel:
    cv.lw s0, (a3), 4
    mv a2, a3
    cv.lbu t0, (a2), 1
    mv s1, s0
    mv s2, s0
    mv s3, s0
    add a3, a3, s11
    add a1, a7, t0
    loop1 s9, 26
        loop0 s10, 23
            cv.lw t5, (a3), 4
            gather_four
            cv.sdotsp.b s0, t2, t5
            cv.sdotsp.b s1, t3, t5
            cv.sdotsp.b s2, t0, t5
            cv.sdotsp.b s3, t4, t5
        add a1, a1, a4
        nop
    cv.lw t0, (a3), 4
    cv.lw t1, (a3), 4
    cv.lw t2, (a3), 4
    bnez a0, .Lwide
    mul s0, s0, t0
    mul s1, s1, t0
    mul s2, s2, t0
    mul s3, s3, t0
.Lshift:
    .irp acc, s0, s1, s2, s3
        add \acc, \acc, t1
        sra \acc, \acc, t2
        cv.max \acc, \acc, t6
        cv.min \acc, \acc, ra
    .endr
    cv.sb s0, (s4), 1
    cv.sb s1, (s5), 1
    cv.sb s2, (s6), 1
    cv.sb s3, (s7), 1
    addi s8, s8, -1
    bnez s8, .Lchannel
    restore_registers
    ret
.Lwide:
    mulh s0, s0, t0
    mulh s1, s1, t0
    mulh s2, s2, t0
    mulh s3, s3, t0
    j .Lshift
end_function nmcu_word_gather_g1
