/* nmcu_dense_4x4: four output channels by four pixels, for plain RV32IM (prototype: dense.h, arguments: block.h).
 *
 * Inner loop: 326 instructions, 328 cycles, 128 MACs (2.56 cycles/MAC): for each of eight positions 4 + 4 loads, 16
 * products, 16 additions. Of an odd number of words, the first one is the second half of a turn.
 *
 *   a0         end of the segment's weights, between segments the block
 *   a1 a2 a3 ra   next input of pixels 0 to 3    t6   next weights
 *   t0 t1 t2 t3   weights of channels 0 to 3     t4   input    t5   product
 *   s0-s3, s4-s7, s8-s11, a4-a7   accumulators of channels 0 to 3 for pixel 0, 1, 2, 3
 */
#include "dense_rv32.inc"

/* The position at bytes `x` of the inputs and `w` of the weights. */
.macro dot_pixels x, w
    lb t4, \x(a1)
    load_channels \w, t6
    times_channels s0, s1, s2, s3, lb t4, \x(a2)
    times_channels s4, s5, s6, s7, lb t4, \x(a3)
    times_channels s8, s9, s10, s11, lb t4, \x(ra)
    times_channels a4, a5, a6, a7
.endm

/* Go to `label`, with the nmcu_add_parameters_t in t0, where there are residuals, as no function of a `table` has. */
.macro add_if_any label, table
    .ifb \table
    lw t0, BLOCK_ADD(a0)
    bnez t0, \label
    .endif
.endm

/* The function, or with `table` the one that looks each result up. */
.macro dense_4x4 table
begin_scalar_function nmcu_dense_4x4\table
    save_registers DENSE_FRAME
    sw a0, FRAME_BLOCK(sp)
.Lblock\@:
    begin_block 4
    lw t6, BLOCK_WEIGHTS(a0)
    lw a1, BLOCK_X(a0)
    lw a2, BLOCK_X+4(a0)
    lw a3, BLOCK_X+8(a0)
    lw ra, BLOCK_X+12(a0)

.Lgroup\@:
    begin_group GROUP4_SIZE
    copy_channels s4, s5, s6, s7
    copy_channels s8, s9, s10, s11
    copy_channels a4, a5, a6, a7
.Lsegment\@:
    end_of_segment
    sub t0, a0, t6
    andi t0, t0, 16
    bnez t0, .Lodd\@
    .balign 4
.Lwords\@:
    .irp i, 0, 1, 2, 3
        dot_pixels \i, \i
    .endr
.Lsecond\@:
    .irp i, 0, 1, 2, 3
        dot_pixels 4 + \i, 16 + \i
    .endr
    addi a1, a1, 8
    addi a2, a2, 8
    addi a3, a3, 8
    addi ra, ra, 8
    addi t6, t6, 32
    bne t6, a0, .Lwords\@
    next_segment .Lsegment\@, a1, a2, a3, ra

    requantize_scalar BLOCK_LO, , 0, s0, s4, s8, a4
    requantize_scalar BLOCK_LO, , 1, s1, s5, s9, a5
    requantize_scalar BLOCK_LO, , 2, s2, s6, s10, a6
    requantize_scalar BLOCK_LO, "add_if_any .Ladd\@, \table", 3, s3, s7, s11, a7
    .ifnb \table
    lw t0, BLOCK_TABLE(a0)
    look_up_scalar t0, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
    .endif
.Lstore\@:
    store_pixel_bytes 0, s0, s1, s2, s3
    store_pixel_bytes 1, s4, s5, s6, s7
    store_pixel_bytes 2, s8, s9, s10, s11
    store_pixel_bytes 3, a4, a5, a6, a7
    next_dense_group .Lgroup\@, .Lblock\@, 4

    .ifb \table
.Ladd\@:
    begin_residuals BLOCK_RESIDUAL
    add_residual_pixel 0, s0, s1, s2, s3
    add_residual_pixel 1, s4, s5, s6, s7
    add_residual_pixel 2, s8, s9, s10, s11
    add_residual_pixel 3, a4, a5, a6, a7
    finish_scalar_sums s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
    j .Lstore\@
    .endif

.Lodd\@:
    addi a1, a1, -4
    addi a2, a2, -4
    addi a3, a3, -4
    addi ra, ra, -4
    addi t6, t6, -16
    j .Lsecond\@
end_function nmcu_dense_4x4\table
.endm

dense_4x4
dense_4x4 _table
