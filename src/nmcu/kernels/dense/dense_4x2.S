/* nmcu_dense_4x2: four output channels by two pixels (prototype: dense.h, arguments: block.h), the loop of PULP-NN.
 *
 * Inner loop: 14 instructions, 14 cycles, 32 MACs (0.4375 cycles/MAC): 4 + 2 loads, 8 dot products.
 *
 *   a0  block    a1 a2  next input word of pixels 0, 1    t6  next weight
 *   t0 t1 t2 t3  weights of channels 0 to 3               t4 t5  input of pixels 0, 1
 *   s0-s3, s4-s7  accumulators of channels 0 to 3 for pixels 0, 1
 */
#include "block.inc"
#include "conv_layouts.h"

begin_function nmcu_dense_4x2
    save_registers
    lw t0, BLOCK_GROUPS(a0)
    lw t1, BLOCK_Y(a0)
    lw t2, BLOCK_Y+4(a0)
    lw t6, BLOCK_WEIGHTS(a0)
    sw t0, FRAME_GROUPS(sp)
    sw t1, FRAME_Y(sp)
    sw t2, FRAME_Y+4(sp)
    lw a1, BLOCK_X(a0)
    lw a2, BLOCK_X+4(a0)

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
    copy_channels s4, s5, s6, s7
    loop1 t5, 19
        loop0 a4, 14
            cv.lw t4, (a1), 4
            cv.lw t5, (a2), 4
            cv.lw t0, (t6), 4
            cv.lw t1, (t6), 4
            cv.lw t2, (t6), 4
            cv.lw t3, (t6), 4
            cv.sdotsp.b s0, t4, t0
            cv.sdotsp.b s1, t4, t1
            cv.sdotsp.b s2, t4, t2
            cv.sdotsp.b s3, t4, t3
            cv.sdotsp.b s4, t5, t0
            cv.sdotsp.b s5, t5, t1
            cv.sdotsp.b s6, t5, t2
            cv.sdotsp.b s7, t5, t3
        cv.lw t1, (a3), 4
        nop
        add a1, a1, t1
        add a2, a2, t1

    mv t5, t6
    lw t6, FRAME_CHANNELS(sp)
    lw t0, BLOCK_FORM(a0)
    lw t3, BLOCK_LO(a0)
    lw t4, BLOCK_HI(a0)
    bnez t0, .Lwide
    requantize mul, 0, s0, s4
    requantize mul, 1, s1, s5
    requantize mul, 2, s2, s6
    requantize mul, 3, s3, s7
.Lstore:
    store_pixel 0, s0, s1, s2, s3
    store_pixel 1, s4, s5, s6, s7
    mv t6, t5
    next_group .Lgroup
.Lwide:
    requantize mulh, 0, s0, s4
    requantize mulh, 1, s1, s5
    requantize mulh, 2, s2, s6
    requantize mulh, 3, s3, s7
    j .Lstore
end_function nmcu_dense_4x2
