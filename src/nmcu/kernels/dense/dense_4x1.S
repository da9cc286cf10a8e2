/* nmcu_dense_4x1: four output channels of one pixel (prototype: dense.h, arguments: block.h), for fully-connected
 * layers of one token.
 *
 * Inner loop: 9 instructions, 9 cycles, 16 MACs (0.5625 cycles/MAC): 4 + 1 loads, 4 dot products.
 *
 *   a0  block    a1  next input word    t6  next weight
 *   t0 t1 t2 t3  weights of channels 0 to 3    t4  input    s0-s3  accumulators of channels 0 to 3
 */
#include "block.inc"
#include "conv_layouts.h"

begin_function nmcu_dense_4x1
    save_registers
    lw t0, BLOCK_GROUPS(a0)
    lw t1, BLOCK_Y(a0)
    lw t6, BLOCK_WEIGHTS(a0)
    sw t0, FRAME_GROUPS(sp)
    sw t1, FRAME_Y(sp)
    lw a1, BLOCK_X(a0)

.Lgroup:
    sw t6, FRAME_CHANNELS(sp)
    lw a3, BLOCK_JUMPS(a0)
    lw t5, BLOCK_SEGMENTS(a0)
    lw a4, BLOCK_SEGMENT_WORDS(a0)
    lw s0, 0(t6)
    lw s1, 4(t6)
    lw s2, 8(t6)
    lw s3, 12(t6)
    addi t6, t6, CHANNELS_SIZE
    loop1 t5, 13
        loop0 a4, 9
            cv.lw t4, (a1), 4
            cv.lw t0, (t6), 4
            cv.lw t1, (t6), 4
            cv.lw t2, (t6), 4
            cv.lw t3, (t6), 4
            cv.sdotsp.b s0, t4, t0
            cv.sdotsp.b s1, t4, t1
            cv.sdotsp.b s2, t4, t2
            cv.sdotsp.b s3, t4, t3
        cv.lw t1, (a3), 4
        nop
        add a1, a1, t1

    mv t5, t6
    lw t6, FRAME_CHANNELS(sp)
    lw t0, BLOCK_FORM(a0)
    lw t3, BLOCK_LO(a0)
    lw t4, BLOCK_HI(a0)
    bnez t0, .Lwide
    requantize mul, 0, s0
    requantize mul, 1, s1
    requantize mul, 2, s2
    requantize mul, 3, s3
.Lstore:
    store_pixel 0, s0, s1, s2, s3
    mv t6, t5
    next_group .Lgroup
.Lwide:
    requantize mulh, 0, s0
    requantize mulh, 1, s1
    requantize mulh, 2, s2
    requantize mulh, 3, s3
    j .Lstore
end_function nmcu_dense_4x1
