/* nmcu_word_gather_g1: one output channel by four pixels (prototype: gather.h).
 *
 * Inner loop: 23 instructions, 23 cycles, 16 MACs (1.44 cycles/MAC): 4 distances, 4 words, 10 to transpose, 1 load of
 * weights, 4 dot products.
 *
 *   a1  word of the next entry   a2  next distance   a3  next weight   a4  jump   a5 a6  masks   a7  window
 *   s0-s3  accumulators of pixels 0 to 3   s4-s7  output bytes   s8  channels left   s9  segments   s10  steps
 *   s11  bytes of distances   t0-t5  temporary   t6 ra  lo, hi   a0  block
 */
#include "gather.inc"

/* The function, or with `table` the one that looks each result up. */
.macro word_gather_g1 table
begin_function nmcu_word_gather_g1\table
    save_registers
    load_block
    transpose_masks

.Lchannel\@:
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
    requantize_next GATHER_LO, "add_if_any .Ladd\@, \table", a3, t6, ra, s0, s1, s2, s3
    .ifnb \table
    lw t0, GATHER_TABLE(a0)
    look_up t0, s0, s1, s2, s3
    .endif
.Lstore\@:
    cv.sb s0, (s4), 1
    cv.sb s1, (s5), 1
    cv.sb s2, (s6), 1
    cv.sb s3, (s7), 1
    addi s8, s8, -1
    bnez s8, .Lchannel\@
    restore_registers
    ret

    .ifb \table
.Ladd\@:
    lw t1, GATHER_RESIDUAL(a0)
    lw t3, ADD_MULTIPLIER_A(t0)
    lw t4, ADD_MULTIPLIER_B(t0)
    cv.lb a1, t1(s4)
    cv.lb a2, t1(s5)
    cv.lb t2, t1(s6)
    cv.lb t5, t1(s7)
    mul s0, s0, t3
    mul s1, s1, t3
    mul s2, s2, t3
    mul s3, s3, t3
    cv.mac s0, a1, t4
    cv.mac s1, a2, t4
    cv.mac s2, t2, t4
    cv.mac s3, t5, t4
    finish_sums s0, s1, s2, s3
    j .Lstore\@
    .endif
end_function nmcu_word_gather_g1\table
.endm

word_gather_g1
word_gather_g1 _table
