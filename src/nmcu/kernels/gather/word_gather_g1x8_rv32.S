/* nmcu_word_gather_g1x8: one output channel by eight pixels, for plain RV32IM (prototype: gather.h).
 *
 * Inner loop: 111 instructions, 113 cycles, 32 MACs (3.53 cycles/MAC): for each of four entries 1 distance, 1 weight, 8
 * inputs, 8 products, 8 additions and 1 for the pointer.
 *
 *   a0  block   a1  words of the next entry   a2  next distance   a3  next weight   a4  end of a segment's weights
 *   s8  jump   s9  segments to do   s10  output byte of the first pixel   s11  bytes between pixels   ra  channels
 *   to do
 *   s0-s7  accumulators   t0  distance   t1  weight   t2-t6 a5 a6 a7  inputs
 */
#include "gather_rv32.inc"

.macro times_eight entry
    lbu t0, \entry(a2)
    lb t1, value_\entry(a3)
    lb t2, 0(a1)
    lb t3, 1(a1)
    lb t4, 2(a1)
    lb t5, 3(a1)
    lb t6, 4(a1)
    lb a5, 5(a1)
    lb a6, 6(a1)
    lb a7, 7(a1)
    add a1, a1, t0
    mul t2, t2, t1
    add s0, s0, t2
    mul t3, t3, t1
    add s1, s1, t3
    mul t4, t4, t1
    add s2, s2, t4
    mul t5, t5, t1
    add s3, s3, t5
    mul t6, t6, t1
    add s4, s4, t6
    mul a5, a5, t1
    add s5, s5, a5
    mul a6, a6, t1
    add s6, s6, a6
    mul a7, a7, t1
    add s7, s7, a7
.endm

/* The function, or with `table` the one that looks each result up. */
.macro word_gather_g1x8 table
begin_scalar_function nmcu_word_gather_g1x8\table
    save_registers
    lw ra, GATHER_GROUPS(a0)
    lw a3, GATHER_WEIGHTS(a0)
    lw s8, GATHER_JUMP(a0)
    lw s10, GATHER_Y(a0)
    lw s11, GATHER_PIXEL_BYTES(a0)

.Lchannel\@:
    begin_channel s0, s1, s2, s3, s4, s5, s6, s7
    sum_segments times_eight

    load_limits GATHER_LO
    requantize_next_scalar GATHER_LO, "add_if_any .Ladd\@, \table", a3, s0, s1, s2, s3, s4, s5, s6, s7
    .ifnb \table
    lw t0, GATHER_TABLE(a0)
    look_up_scalar t0, s0, s1, s2, s3, s4, s5, s6, s7
    .endif
.Lstore\@:
    mv t0, s10
    .irp acc, s0, s1, s2, s3, s4, s5, s6, s7
        sb \acc, 0(t0)
        add t0, t0, s11
    .endr
    addi s10, s10, 1
    addi ra, ra, -1
    bnez ra, .Lchannel\@
    restore_registers
    ret

    .ifb \table
.Ladd\@:
    begin_residuals GATHER_RESIDUAL
    add t3, t3, s10
    .irp result, s0, s1, s2, s3, s4, s5, s6, s7
        add_residual_byte 0(t3), \result
        add t3, t3, s11
    .endr
    finish_scalar_sums s0, s1, s2, s3, s4, s5, s6, s7
    j .Lstore\@
    .endif
end_function nmcu_word_gather_g1x8\table
.endm

word_gather_g1x8
word_gather_g1x8 _table
