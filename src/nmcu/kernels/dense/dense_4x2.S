/* nmcu_dense_4x2: four output channels by two pixels (prototype: dense.h, arguments: block.h), the loop of PULP-NN.
 *
 * Inner loop: 14 instructions, 14 cycles, 32 MACs (0.4375 cycles/MAC): 4 + 2 loads, 8 dot products.
 *
 *   a0  block    a1 a2  next input word of pixels 0, 1    t6  next weight
 *   t0 t1 t2 t3  weights of channels 0 to 3               t4 t5  input of pixels 0, 1
 *   s0-s3, s4-s7  accumulators of channels 0 to 3 for pixels 0, 1
 */
#include "block.inc"
#include "dense.inc"

begin_function nmcu_dense_4x2
    save_registers
.Lblock:
    begin_block 2
    lw t6, BLOCK_WEIGHTS(a0)
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
    requantize BLOCK_LO, "s0, s4", "s1, s5", "s2, s6", "s3, s7"
    store_pixel 0, s0, s1, s2, s3
    store_pixel 1, s4, s5, s6, s7
    mv t6, t5
    again_group .Lgroup
    next_block .Lblock, 2
    restore_registers
    ret
end_function nmcu_dense_4x2
