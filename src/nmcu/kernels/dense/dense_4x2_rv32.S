/* nmcu_dense_4x2: four output channels by two pixels, for plain RV32IM (prototype: dense.h, arguments: block.h).
 *
 * Inner loop: 92 instructions, 94 cycles, 32 MACs (2.94 cycles/MAC): for each of four positions 4 + 2 loads, 8
 * products, 8 additions.
 *
 *   a0   end of the segment's weights, between segments the block
 *   a1 a2   next input of pixels 0, 1    t6   next weights    t0 t1 t2 t3   weights of channels 0 to 3
 *   t4   input    t5   product    s0-s3, s4-s7   accumulators of channels 0 to 3 for pixel 0, 1
 */
#include "dense_rv32.inc"

begin_scalar_function nmcu_dense_4x2
    save_registers DENSE_FRAME
    sw a0, FRAME_BLOCK(sp)
.Lblock:
    begin_block 2
    lw t6, BLOCK_WEIGHTS(a0)
    lw a1, BLOCK_X(a0)
    lw a2, BLOCK_X+4(a0)

.Lgroup:
    begin_group
    copy_channels s4, s5, s6, s7
.Lsegment:
    end_of_segment
    .balign 4
.Lword:
    .irp i, 0, 1, 2, 3
        lb t4, \i(a1)
        load_channels \i, t6
        times_channels s0, s1, s2, s3, lb t4, \i(a2)
        times_channels s4, s5, s6, s7
    .endr
    addi a1, a1, 4
    addi a2, a2, 4
    addi t6, t6, 16
    bne t6, a0, .Lword
    next_segment .Lsegment, a1, a2

    requantize_scalar BLOCK_LO, , 0, s0, s4
    requantize_scalar BLOCK_LO, , 1, s1, s5
    requantize_scalar BLOCK_LO, , 2, s2, s6
    requantize_scalar BLOCK_LO, , 3, s3, s7
    store_pixel_bytes 0, s0, s1, s2, s3
    store_pixel_bytes 1, s4, s5, s6, s7
    next_dense_group .Lgroup, .Lblock, 2
end_function nmcu_dense_4x2
