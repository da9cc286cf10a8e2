/* nmcu_word_gather_g1: one output channel by four pixels, for plain RV32IM (prototype: gather.h).
 *
 * Inner loop: 63 instructions, 65 cycles, 16 MACs (4.06 cycles/MAC): for each of four entries 1 distance, 1 weight, 4
 * inputs, 4 products, 4 additions and 1 for the pointer.
 *
 *   a0  block   a1  word of the next entry   a2  next distance   a3  next weight   a4  end of the segment's weights
 *   s4-s7  output bytes of pixels 0 to 3   s8  jump   s9  segments to do   s10  channels to do
 *   s0-s3  accumulators   t0  distance   t1  weight   t2-t5  inputs
 */
#include "gather_rv32.inc"

.macro times_four entry
    lbu t0, \entry(a2)
    lb t1, value_\entry(a3)
    lb t2, 0(a1)
    lb t3, 1(a1)
    lb t4, 2(a1)
    lb t5, 3(a1)
    add a1, a1, t0
    mul t2, t2, t1
    add s0, s0, t2
    mul t3, t3, t1
    add s1, s1, t3
    mul t4, t4, t1
    add s2, s2, t4
    mul t5, t5, t1
    add s3, s3, t5
.endm

/* The function, or with `table` the one that looks each result up. */
.macro word_gather_g1 table
begin_scalar_function nmcu_word_gather_g1\table
    save_registers
    lw s10, GATHER_GROUPS(a0)
    lw a3, GATHER_WEIGHTS(a0)
    lw s8, GATHER_JUMP(a0)
    lw s4, GATHER_Y(a0)
    lw s5, GATHER_Y+4(a0)
    lw s6, GATHER_Y+8(a0)
    lw s7, GATHER_Y+12(a0)

.Lchannel\@:
    begin_channel s0, s1, s2, s3
    sum_segments times_four

    load_limits GATHER_LO
    requantize_next_scalar GATHER_LO, "add_if_any .Ladd\@, \table", a3, s0, s1, s2, s3
    .ifnb \table
    lw t0, GATHER_TABLE(a0)
    look_up_scalar t0, s0, s1, s2, s3
    .endif
.Lstore\@:
    sb s0, 0(s4)
    sb s1, 0(s5)
    sb s2, 0(s6)
    sb s3, 0(s7)
    addi s4, s4, 1
    addi s5, s5, 1
    addi s6, s6, 1
    addi s7, s7, 1
    addi s10, s10, -1
    bnez s10, .Lchannel\@
    restore_registers
    ret

    .ifb \table
.Ladd\@:
    begin_residuals GATHER_RESIDUAL
    add t5, t3, s4
    add_residual_byte 0(t5), s0
    add t5, t3, s5
    add_residual_byte 0(t5), s1
    add t5, t3, s6
    add_residual_byte 0(t5), s2
    add t5, t3, s7
    add_residual_byte 0(t5), s3
    finish_scalar_sums s0, s1, s2, s3
    j .Lstore\@
    .endif
end_function nmcu_word_gather_g1\table
.endm

word_gather_g1
word_gather_g1 _table
