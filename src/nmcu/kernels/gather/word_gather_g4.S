/* nmcu_word_gather_g4: four output channels that share positions by four pixels (prototype: gather.h).
 *
 * Inner loop: 38 instructions, 38 cycles, 64 MACs (0.594 cycles/MAC): 4 distances, 4 words, 10 to transpose, 4 loads of
 * weights, 16 dot products.
 *
 *   a0  block   a1  word of the next entry   a2  next distance   a3  next weight   a5 a6  masks   t0-t5  temporary
 *   s0-s3, s4-s7, s8-s11, (a4 a7 t6 ra)  accumulators of channels 0 to 3 for pixel 0, 1, 2, 3
 */
#include "gather.inc"

/* The function, or with `table` the one that looks each result up. */
.macro word_gather_g4 table
begin_function nmcu_word_gather_g4\table
    save_registers
    keep_outputs GATHER_GROUPS, GATHER_Y
    lw a3, GATHER_WEIGHTS(a0)
    transpose_masks

.Lgroup\@:
    cv.lw s0, (a3), 4
    cv.lw s1, (a3), 4
    cv.lw s2, (a3), 4
    cv.lw s3, (a3), 4
    mv a2, a3
    cv.lbu t0, (a2), 1
    lw a1, GATHER_X(a0)
    lw t2, GATHER_DISTANCE_BYTES(a0)
    lw t3, GATHER_SEGMENTS(a0)
    lw t1, GATHER_STEPS(a0)
    add a1, a1, t0
    add a3, a3, t2
    copy_channels s4, s5, s6, s7
    copy_channels s8, s9, s10, s11
    copy_channels a4, a7, t6, ra
    loop1 t3, 42
        loop0 t1, 38
            gather_four
            cv.lw t5, (a3), 4
            cv.lw t1, (a3), 4
            cv.sdotsp.b s0, t2, t5
            cv.sdotsp.b s4, t3, t5
            cv.sdotsp.b s8, t0, t5
            cv.sdotsp.b a4, t4, t5
            cv.lw t5, (a3), 4
            cv.sdotsp.b s1, t2, t1
            cv.sdotsp.b s5, t3, t1
            cv.sdotsp.b s9, t0, t1
            cv.sdotsp.b a7, t4, t1
            cv.lw t1, (a3), 4
            cv.sdotsp.b s2, t2, t5
            cv.sdotsp.b s6, t3, t5
            cv.sdotsp.b s10, t0, t5
            cv.sdotsp.b t6, t4, t5
            cv.sdotsp.b s3, t2, t1
            cv.sdotsp.b s7, t3, t1
            cv.sdotsp.b s11, t0, t1
            cv.sdotsp.b ra, t4, t1
        lw t0, GATHER_JUMP(a0)
        lw t1, GATHER_STEPS(a0)
        add a1, a1, t0
    requantize_next_four GATHER_LO, "add_if_any .Ladd\@, \table", a3, "s0, s4, s8, a4", "s1, s5, s9, a7", \
        "s2, s6, s10, t6", "s3, s7, s11, ra"
    .ifnb \table
    lw t0, GATHER_TABLE(a0)
    look_up t0, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a7, t6, ra
    .endif
.Lstore\@:
    store_pixel 0, s0, s1, s2, s3
    store_pixel 1, s4, s5, s6, s7
    store_pixel 2, s8, s9, s10, s11
    store_pixel 3, a4, a7, t6, ra
    next_group .Lgroup\@

    .ifb \table
.Ladd\@:
    lw t1, GATHER_RESIDUAL(a0)
    lw t3, ADD_MULTIPLIER_A(t0)
    lw t4, FRAME_Y(sp)
    lw a1, FRAME_Y+4(sp)
    lw a2, FRAME_Y+8(sp)
    lw t5, FRAME_Y+12(sp)
    .irp result, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a7, t6, ra
        mul \result, \result, t3
    .endr
    lw t3, ADD_MULTIPLIER_B(t0)
    cv.lw t4, t1(t4)
    cv.lw a1, t1(a1)
    cv.lw a2, t1(a2)
    cv.lw t5, t1(t5)
    add_residuals t3, t2, t4, s0, s1, s2, s3
    add_residuals t3, t2, a1, s4, s5, s6, s7
    add_residuals t3, t2, a2, s8, s9, s10, s11
    add_residuals t3, t2, t5, a4, a7, t6, ra
    finish_sums s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a7, t6, ra
    j .Lstore\@
    .endif
end_function nmcu_word_gather_g4\table
.endm

word_gather_g4
word_gather_g4 _table
