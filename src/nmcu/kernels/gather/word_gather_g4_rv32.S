/* nmcu_word_gather_g4: four output channels that share positions by four pixels, for plain RV32IM (prototype:
 * gather.h).
 *
 * Inner loop: 171 instructions, 173 cycles, 64 MACs (2.70 cycles/MAC): for each of four entries 1 distance, 4 weights,
 * 4 inputs, 16 products, 16 additions and 1 for the pointer.
 *
 *   a0  block   a1  word of the next entry   a2  next distance   a3  next weight   a5  end of the segment's weights
 *   t0-t3  weights of channels 0 to 3   t4  input of pixels 0 to 3 in turn   t5  product   a6  distance
 *   s0-s3, s4-s7, s8-s11, (a4 a7 t6 ra)  accumulators of channels 0 to 3 for pixel 0, 1, 2, 3
 */
#include "gather_rv32.inc"

.macro times_sixteen entry
    lb t4, 0(a1)
    load_channels value_\entry, a3
    lbu a6, \entry(a2)
    times_channels s0, s1, s2, s3, lb t4, 1(a1)
    times_channels s4, s5, s6, s7, lb t4, 2(a1)
    times_channels s8, s9, s10, s11, lb t4, 3(a1)
    add a1, a1, a6
    times_channels a4, a7, t6, ra
.endm

/* The function, or with `table` the one that looks each result up. */
.macro word_gather_g4 table
begin_scalar_function nmcu_word_gather_g4\table
    save_registers
    keep_outputs GATHER_GROUPS, GATHER_Y
    lw a3, GATHER_WEIGHTS(a0)

.Lgroup\@:
    lw s0, 0(a3)
    lw s1, 4(a3)
    lw s2, 8(a3)
    lw s3, 12(a3)
    lbu t0, 16(a3)
    lw t2, GATHER_DISTANCE_BYTES(a0)
    lw a1, GATHER_X(a0)
    lw t3, GATHER_SEGMENTS(a0)
    addi a2, a3, 17
    addi a3, a3, 16
    add a1, a1, t0
    add a3, a3, t2
    copy_channels s4, s5, s6, s7
    copy_channels s8, s9, s10, s11
    copy_channels a4, a7, t6, ra
.Lsegment\@:
    sw t3, FRAME_SEGMENTS(sp)
    begin_steps a5, 4
    .balign 4
.Lstep\@:
    .irp entry, 0, 1, 2, 3
        times_sixteen \entry
    .endr
    addi a3, a3, 16
    addi a2, a2, 4
    bne a3, a5, .Lstep\@
    lw t3, FRAME_SEGMENTS(sp)
    lw t0, GATHER_JUMP(a0)
    addi t3, t3, -1
    add a1, a1, t0
    bnez t3, .Lsegment\@

    load_limits GATHER_LO
    requantize_next_scalar GATHER_LO, , a3, s0, s4, s8, a4
    requantize_next_scalar GATHER_LO, , a3, s1, s5, s9, a7
    requantize_next_scalar GATHER_LO, , a3, s2, s6, s10, t6
    requantize_next_scalar GATHER_LO, "add_if_any .Ladd\@, \table", a3, s3, s7, s11, ra
    .ifnb \table
    lw t0, GATHER_TABLE(a0)
    look_up_scalar t0, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a7, t6, ra
    .endif
.Lstore\@:
    store_pixel_bytes 0, s0, s1, s2, s3
    store_pixel_bytes 1, s4, s5, s6, s7
    store_pixel_bytes 2, s8, s9, s10, s11
    store_pixel_bytes 3, a4, a7, t6, ra
    next_group .Lgroup\@

    .ifb \table
.Ladd\@:
    begin_residuals GATHER_RESIDUAL
    add_residual_pixel 0, s0, s1, s2, s3
    add_residual_pixel 1, s4, s5, s6, s7
    add_residual_pixel 2, s8, s9, s10, s11
    add_residual_pixel 3, a4, a7, t6, ra
    finish_scalar_sums s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a7, t6, ra
    j .Lstore\@
    .endif
end_function nmcu_word_gather_g4\table
.endm

word_gather_g4
word_gather_g4 _table
