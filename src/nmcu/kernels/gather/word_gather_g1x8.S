/* nmcu_word_gather_g1x8: one output channel by eight pixels (prototype: gather.h).
 *
 * Inner loop: 41 instructions, 41 cycles, 32 MACs (1.28 cycles/MAC): 4 distances, 8 words, 20 to transpose, 1 load of
 * weights, 8 dot products. Each distance serves two words.
 *
 *   a0  block   a1  words of the next entry   a2  next distance   a3  next weight   a4  jump   a5 a6  masks
 *   a7  output byte of the first pixel   ra  bytes between pixels   s0-s7  accumulators   s11  weights
 *   t0 t1  distances   t6 s8 s9 s10  words of pixels 0-3   t2-t5  words of pixels 4-7
 */
#include "gather.inc"

/* The function, or with `table` the one that looks each result up. */
.macro word_gather_g1x8 table
begin_function nmcu_word_gather_g1x8\table
    save_registers
    lw t0, GATHER_GROUPS(a0)
    lw a7, GATHER_Y(a0)
    lw a3, GATHER_WEIGHTS(a0)
    sw t0, FRAME_GROUPS(sp)
    lw a4, GATHER_JUMP(a0)
    lw ra, GATHER_PIXEL_BYTES(a0)
    transpose_masks

.Lchannel\@:
    cv.lw s0, (a3), 4
    mv a2, a3
    cv.lbu t0, (a2), 1
    lw t1, GATHER_DISTANCE_BYTES(a0)
    lw a1, GATHER_X(a0)
    lw t3, GATHER_SEGMENTS(a0)
    lw t2, GATHER_STEPS(a0)
    add a3, a3, t1
    add a1, a1, t0
    mv s1, s0
    mv s2, s0
    mv s3, s0
    mv s4, s0
    mv s5, s0
    mv s6, s0
    mv s7, s0
    loop1 t3, 44
        loop0 t2, 41
            cv.lbu t0, (a2), 1
            cv.lbu t1, (a2), 1
            lw t2, 4(a1)
            cv.lw t6, (a1), t0
            lw t3, 4(a1)
            cv.lw s8, (a1), t1
            cv.lbu t0, (a2), 1
            cv.lbu t1, (a2), 1
            lw t4, 4(a1)
            cv.lw s9, (a1), t0
            lw t5, 4(a1)
            cv.lw s10, (a1), t1
            cv.lw s11, (a3), 4
            transpose t6, s8, s9, s10, t0
            cv.sdotsp.b s0, s8, s11
            cv.sdotsp.b s1, s9, s11
            cv.sdotsp.b s2, t0, s11
            cv.sdotsp.b s3, s10, s11
            transpose t2, t3, t4, t5, t0
            cv.sdotsp.b s4, t3, s11
            cv.sdotsp.b s5, t4, s11
            cv.sdotsp.b s6, t0, s11
            cv.sdotsp.b s7, t5, s11
        lw t2, GATHER_STEPS(a0)
        add a1, a1, a4
    lw t3, GATHER_LO(a0)
    lw t4, GATHER_HI(a0)
    requantize_next GATHER_LO, "add_if_any .Ladd\@, \table", a3, t3, t4, s0, s1, s2, s3, s4, s5, s6, s7
    .ifnb \table
    lw t0, GATHER_TABLE(a0)
    look_up t0, s0, s1, s2, s3, s4, s5, s6, s7
    .endif
.Lstore\@:
    cv.sb s0, (a7), ra
    cv.sb s1, (a7), ra
    cv.sb s2, (a7), ra
    cv.sb s3, (a7), ra
    cv.sb s4, (a7), ra
    cv.sb s5, (a7), ra
    cv.sb s6, (a7), ra
    cv.sb s7, (a7), ra
    lw t0, FRAME_GROUPS(sp)
    slli t1, ra, 3
    sub a7, a7, t1
    addi t0, t0, -1
    addi a7, a7, 1
    sw t0, FRAME_GROUPS(sp)
    bnez t0, .Lchannel\@
    restore_registers
    ret

    .ifb \table
.Ladd\@:
    lw t1, GATHER_RESIDUAL(a0)
    lw t3, ADD_MULTIPLIER_A(t0)
    lw t4, ADD_MULTIPLIER_B(t0)
    add t1, t1, a7
    .irp result, s0, s1, s2, s3, s4, s5, s6, s7
        cv.lb t2, (t1), ra
        mul \result, \result, t3
        cv.mac \result, t2, t4
    .endr
    finish_sums s0, s1, s2, s3, s4, s5, s6, s7
    j .Lstore\@
    .endif
end_function nmcu_word_gather_g1x8\table
.endm

word_gather_g1x8
word_gather_g1x8 _table
