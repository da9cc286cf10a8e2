/* nmcu_dense_4xn: four output channels of any number of pixels (prototype: dense.h, arguments: block.h), whose windows
 * are one or two words and follow one another: the weights of a group and how it requantises stay in registers.
 *
 * Loop of a pixel: 25 instructions and cycles, 32 MACs and four results (one word: 19 and 20). In the narrow form, for
 * results that are all of int8, only.
 *
 *   a1  next input word    a2  next output    a3  from an output to the next one    a0  input, between groups the block
 *   s0-s3, s4-s7  weights of channels 0 to 3, first and second word    s8-s11, a4-a7, t3-t6  their multipliers, rounds,
 *   shifts    t0 t1 t2 ra  accumulators of channels 0 to 3
 */
#include "block.inc"
#include "conv_layouts.h"

#define FRAME_BLOCK 80 /* nmcu_block_t */
#define DENSE_FRAME 96

/* The input word in `x`, which may be ra, times four weights. */
.macro dot_pixel product, x, w0, w1, w2, w3
    \product t0, \x, \w0
    \product t1, \x, \w1
    \product t2, \x, \w2
    \product ra, \x, \w3
.endm

/* The accumulators become results: 15 instructions. */
.macro finish_pixel
    mul t0, t0, s8
    mul t1, t1, s9
    mul t2, t2, s10
    mul ra, ra, s11
    cv.addnr t0, a4, t3
    cv.addnr t1, a5, t4
    cv.addnr t2, a6, t5
    cv.addnr ra, a7, t6
    clip_and_pack t0, t1, t2, ra
    cv.sw t0, (a2), a3
.endm

begin_function nmcu_dense_4xn
    save_registers DENSE_FRAME
    lw t0, BLOCK_GROUPS(a0)
    lw t1, BLOCK_Y(a0)
    lw t2, BLOCK_WEIGHTS(a0)
    sw a0, FRAME_BLOCK(sp)
    sw t0, FRAME_GROUPS(sp)
    sw t1, FRAME_Y(sp)
    sw t2, FRAME_CHANNELS(sp)

.Lgroup:
    lw t0, FRAME_CHANNELS(sp)
    lw a1, BLOCK_X(a0)
    lw a2, FRAME_Y(sp)
    lw a3, BLOCK_Y_PITCH(a0)
    lw t1, BLOCK_BLOCKS(a0)
    lw t2, BLOCK_SEGMENT_WORDS(a0)
    lw s8, CHANNELS_MULTIPLIER(t0)
    lw s9, CHANNELS_MULTIPLIER+4(t0)
    lw s10, CHANNELS_MULTIPLIER+8(t0)
    lw s11, CHANNELS_MULTIPLIER+12(t0)
    lw a4, CHANNELS_ROUND(t0)
    lw a5, CHANNELS_ROUND+4(t0)
    lw a6, CHANNELS_ROUND+8(t0)
    lw a7, CHANNELS_ROUND+12(t0)
    lw t3, CHANNELS_SHIFT(t0)
    lw t4, CHANNELS_SHIFT+4(t0)
    lw t5, CHANNELS_SHIFT+8(t0)
    lw t6, CHANNELS_SHIFT+12(t0)
    addi t2, t2, -1
    addi t0, t0, CHANNELS_SIZE
    cv.lw s0, (t0), 4
    cv.lw s1, (t0), 4
    cv.lw s2, (t0), 4
    cv.lw s3, (t0), 4
    beqz t2, .Lone_word
    cv.lw s4, (t0), 4
    cv.lw s5, (t0), 4
    cv.lw s6, (t0), 4
    cv.lw s7, (t0), 4
    sw t0, FRAME_CHANNELS(sp)
    loop0 t1, 25
        cv.lw ra, (a1), 4
        cv.lw a0, (a1), 4
        dot_pixel cv.dotsp.b, ra, s0, s1, s2, s3
        dot_pixel cv.sdotsp.b, a0, s4, s5, s6, s7
        finish_pixel
.Lnext_group:
    lw t1, FRAME_Y(sp)
    lw a0, FRAME_BLOCK(sp)
    addi t1, t1, 4
    sw t1, FRAME_Y(sp)
    again_group .Lgroup
    restore_registers DENSE_FRAME
    ret
.Lone_word:
    sw t0, FRAME_CHANNELS(sp)
    loop0 t1, 20
        cv.lw a0, (a1), 4
        dot_pixel cv.dotsp.b, a0, s0, s1, s2, s3
        finish_pixel
    j .Lnext_group
end_function nmcu_dense_4xn
