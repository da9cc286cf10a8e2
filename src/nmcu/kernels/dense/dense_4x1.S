/* nmcu_dense_4x1: four output channels of one pixel (prototype: dense.h, arguments: block.h), for fully-connected
 * layers of one token.
 *
 * Inner loop: 9 instructions, 9 cycles, 16 MACs (0.5625 cycles/MAC): 4 + 1 loads, 4 dot products.
 *
 *   a0  block    a1  next input word    t6  next weight
 *   t0 t1 t2 t3  weights of channels 0 to 3    t4  input    s0-s3  accumulators of channels 0 to 3
 */
#include "block.inc"
#include "dense.inc"

begin_function nmcu_dense_4x1
    save_registers
.Lblock:
    begin_block 1
    lw t6, BLOCK_WEIGHTS(a0)
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
            dot_4x1 t6, s0, s1, s2, s3
        cv.lw t1, (a3), 4
        nop
        add a1, a1, t1

    mv t5, t6
    lw t6, FRAME_CHANNELS(sp)
    requantize BLOCK_LO, s0, s1, s2, s3
    store_pixel 0, s0, s1, s2, s3
    mv t6, t5
    again_group .Lgroup
    next_block .Lblock, 1
    restore_registers
    ret
end_function nmcu_dense_4x1
