/* nmcu_dense_4x4: four output channels by four pixels (prototype: dense.h, arguments: block.h).
 *
 * Inner loop: 24 instructions, 24 cycles, 64 MACs (0.375 cycles/MAC): 4 + 4 loads, 16 dot products.
 *
 *   a0         block            a1 a2 a3 ra   next input word of pixels 0 to 3
 *   t6         next weight      t0 t1 t2 t3   weights of channels 0 to 3      t4 t5   input of even and odd pixels
 *   s0-s3, s4-s7, s8-s11, a4-a7   accumulators of channels 0 to 3 for pixel 0, 1, 2, 3
 */
#include "block.inc"
#include "conv_layouts.h"

begin_function nmcu_dense_4x4
    save_registers
    keep_outputs BLOCK_GROUPS, BLOCK_Y
    lw t6, BLOCK_WEIGHTS(a0)
    lw a1, BLOCK_X(a0)
    lw a2, BLOCK_X+4(a0)
    lw a3, BLOCK_X+8(a0)
    lw ra, BLOCK_X+12(a0)

.Lgroup:
    sw t6, FRAME_CHANNELS(sp)
    lw t0, BLOCK_JUMPS(a0)
    lw t5, BLOCK_SEGMENTS(a0)
    lw t4, BLOCK_SEGMENT_WORDS(a0)
    sw t0, FRAME_JUMP(sp)
    lw s0, 0(t6)
    lw s1, 4(t6)
    lw s2, 8(t6)
    lw s3, 12(t6)
    addi t6, t6, CHANNELS_SIZE
    copy_channels s4, s5, s6, s7
    copy_channels s8, s9, s10, s11
    copy_channels a4, a5, a6, a7
    loop1 t5, 34
        loop0 t4, 24
            dot_4x4
        lw t0, FRAME_JUMP(sp)
        lw t4, BLOCK_SEGMENT_WORDS(a0)
        cv.lw t1, (t0), 4
        sw t0, FRAME_JUMP(sp)
        add a1, a1, t1
        add a2, a2, t1
        add a3, a3, t1
        add ra, ra, t1
        nop

    mv t5, t6
    lw t6, FRAME_CHANNELS(sp)
    lw t0, BLOCK_FORM(a0)
    lw t3, BLOCK_LO(a0)
    lw t4, BLOCK_HI(a0)
    bnez t0, .Lwide
    requantize mul, 0, s0, s4, s8, a4
    requantize mul, 1, s1, s5, s9, a5
    requantize mul, 2, s2, s6, s10, a6
    requantize mul, 3, s3, s7, s11, a7
.Lstore:
    store_pixel 0, s0, s1, s2, s3
    store_pixel 1, s4, s5, s6, s7
    store_pixel 2, s8, s9, s10, s11
    store_pixel 3, a4, a5, a6, a7
    mv t6, t5
    next_group .Lgroup
.Lwide:
    requantize mulh, 0, s0, s4, s8, a4
    requantize mulh, 1, s1, s5, s9, a5
    requantize mulh, 2, s2, s6, s10, a6
    requantize mulh, 3, s3, s7, s11, a7
    j .Lstore
end_function nmcu_dense_4x4
