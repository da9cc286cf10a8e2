/* nmcu_dense_4x1: four output channels of one pixel, for plain RV32IM (prototype: dense.h, arguments: block.h).
 *
 * Inner loop: 55 instructions, 57 cycles, 16 MACs (3.56 cycles/MAC): for each of four positions 4 + 1 loads, 4
 * products, 4 additions.
 *
 *   a0   end of the segment's weights, between segments the block
 *   a1   next input    t6   next weights    t0 t1 t2 t3   weights of channels 0 to 3    t4   input    t5   product
 *   s0-s3   accumulators of channels 0 to 3
 */
#include "dense_rv32.inc"

begin_scalar_function nmcu_dense_4x1
    save_registers DENSE_FRAME
    sw a0, FRAME_BLOCK(sp)
.Lblock:
    begin_block 1
    lw t6, BLOCK_WEIGHTS(a0)
    lw a1, BLOCK_X(a0)

.Lgroup:
    begin_group
.Lsegment:
    end_of_segment
    .balign 4
.Lword:
    .irp i, 0, 1, 2, 3
        lb t4, \i(a1)
        load_channels \i, t6
        times_channels s0, s1, s2, s3
    .endr
    addi a1, a1, 4
    addi t6, t6, 16
    bne t6, a0, .Lword
    next_segment .Lsegment, a1

    requantize_scalar BLOCK_LO, , 0, s0
    requantize_scalar BLOCK_LO, , 1, s1
    requantize_scalar BLOCK_LO, , 2, s2
    requantize_scalar BLOCK_LO, , 3, s3
    store_pixel_bytes 0, s0, s1, s2, s3
    next_dense_group .Lgroup, .Lblock, 1
end_function nmcu_dense_4x1
