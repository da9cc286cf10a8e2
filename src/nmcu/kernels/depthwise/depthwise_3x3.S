/* nmcu_depthwise_3x3, _clamp, _clipped, _wide: output lines of up to four channels (prototype and arguments:
 * depthwise.h).
 *
 * Four outputs need six neighbouring bytes of each of three lines: x0..x3 give outputs 0 and 1 (taps k0 k1 k2 0 and
 * 0 k0 k1 k2), x2..x5, one shuffle away, give outputs 2 and 3. The word that a block loads is the next block's first,
 * so that two blocks alternate between two sets of registers.
 *
 * Per block of 4 outputs, 36 MACs: 3 loads, 3 shuffles, 12 dot products, then 4 x (multiply, add with rounding and
 * shift, clip, store): 34 instructions, 34 cycles (0.94 cycles/MAC); 38 with any clamp; clipped: 47 and 48 cycles;
 * wide: 42 and 58. Both loops are hardware loops: a line costs 8 or 10 cycles more.
 *
 *   a0 a1 a2  next word of the three lines    a3-a5, a6-t0  words of the lines (t0 = x5)    t1-t4  outputs
 *   s0-s2  taps k0 k1 k2 0 of each line    s3-s5  taps 0 k0 k1 k2    s6 multiplier    s7 offset    s8 shift
 *   s9  y    s10  step of y    s11  shuffle    t5 t6  lo, hi, or steps to the next line    ra  inner loop's count
 */
#include "block.inc"
#include "depthwise_layouts.h"

#include "lines.inc"

/* Sums of one block: words v0-v2 hold x0..x3 of the lines; x4..x7 go to w0-w2. */
.macro sums start, v0, v1, v2, w0, w1, w2
    cv.lw \w0, (a0), 4
    cv.lw \w1, (a1), 4
    cv.lw \w2, (a2), 4
    \start t1, t2, \v0, s0, s3
    cv.shuffle2.b \v0, \w0, s11
    cv.sdotsp.b t1, \v1, s1
    cv.sdotsp.b t2, \v1, s4
    cv.shuffle2.b \v1, \w1, s11
    cv.sdotsp.b t1, \v2, s2
    cv.sdotsp.b t2, \v2, s5
    cv.shuffle2.b \v2, \w2, s11
    \start t3, t4, \v0, s0, s3
    cv.sdotsp.b t3, \v1, s1
    cv.sdotsp.b t4, \v1, s4
    cv.sdotsp.b t3, \v2, s2
    cv.sdotsp.b t4, \v2, s5
.endm

.macro pair_from_zero p, q, x, p_taps, q_taps
    cv.dotsp.b \p, \x, \p_taps
    cv.dotsp.b \q, \x, \q_taps
.endm

.macro pair_from_bias p, q, x, p_taps, q_taps
    lw \p, LINES_BIAS(sp)
    lw \q, LINES_BIAS(sp)
    cv.sdotsp.b \p, \x, \p_taps
    cv.sdotsp.b \q, \x, \q_taps
.endm

.macro each operation, operands:vararg
    .irp acc, t1, t2, t3, t4
        \operation \acc, \acc, \operands
    .endr
.endm

.macro rescale product
    each \product, s6
    .irp acc, t1, t2, t3, t4
        cv.addrnr \acc, s7, s8
    .endr
.endm

.macro block_narrow words:vararg
    sums pair_from_zero, \words
    rescale mul
    each cv.clip, 8
.endm

.macro block_clamp words:vararg
    sums pair_from_zero, \words
    rescale mul
    each cv.max, t5
    each cv.min, t6
.endm

.macro block_clipped v0, words:vararg
    sums pair_from_bias, \v0, \words
    clip \v0, t1, t2, t3, t4
    rescale mul
    each cv.max, t5
    each cv.min, t6
.endm

.macro block_wide words:vararg
    sums pair_from_bias, \words
    rescale mulh
    each cv.max, t5
    each cv.min, t6
.endm

.macro store_all
    cv.sb t1, (s9), s10
    cv.sb t2, (s9), s10
    cv.sb t3, (s9), s10
    cv.sb t4, (s9), s10
.endm

.macro first_words
    cv.lw a3, (a0), 4
    cv.lw a4, (a1), 4
    cv.lw a5, (a2), 4
.endm

.macro next_line
    lw t1, LINES_X_BACK(sp)
    lw t2, LINES_Y_BACK(sp)
    add a0, a0, t1
    add a1, a1, t1
    add a2, a2, t1
    add s9, s9, t2
.endm

.macro next_line_unclamped
    add a0, a0, t5
    add a1, a1, t5
    add a2, a2, t5
    add s9, s9, t6
.endm

.macro clamp_limits
    lw t5, SHAPE_LO(a3)
    lw t6, SHAPE_HI(a3)
.endm

.macro line_ends
    mv t5, a1
    mv t6, a2
.endm

/* `instructions` of a block without its stores. */
.macro function name, block, instructions, rounding, keep, next_line, next_instructions
    begin_function \name
    save_registers LINES_FRAME
    lw a3, DEPTHWISE_SHAPE(a0)
    lw t0, DEPTHWISE_CHANNELS(a0)
    lw t1, DEPTHWISE_CHANNEL(a0)
    lw t2, DEPTHWISE_X(a0)
    lw t3, DEPTHWISE_Y(a0)
    lw t4, DEPTHWISE_OUTPUTS(a0)
    lw a1, SHAPE_X_LINE(a3)
    lw a2, DEPTHWISE_Y_LINE(a0)
    lw s10, DEPTHWISE_Y_STEP(a0)
    sw t0, LINES_CHANNELS(sp)
    sw t1, LINES_CHANNEL(sp)
    sw t2, LINES_X(sp)
    sw t3, LINES_Y(sp)
    addi t4, t4, 3
    srli t4, t4, 2          /* blocks of a line */
    slli a4, t4, 2
    mul a5, a4, s10
    addi a4, a4, 4
    sub a1, a1, a4
    sub a2, a2, a5
    \keep
    sw a0, LINES_ARGUMENTS(sp)
    sw a1, LINES_X_BACK(sp)
    sw a2, LINES_Y_BACK(sp)
    sw t4, LINES_BLOCKS(sp)
    srli ra, t4, 1
    li s11, 0x05040302

.Lchannel_\@:
    lw t0, LINES_ARGUMENTS(sp)
    lw t1, LINES_CHANNEL(sp)
    lw a4, DEPTHWISE_SHAPE(t0)
    lw a0, LINES_X(sp)
    lw s9, LINES_Y(sp)
    lw s6, CHANNEL_MULTIPLIER(t1)
    lw s7, CHANNEL_OFFSET(t1)
    lw s8, CHANNEL_SHIFT(t1)
    \rounding s7, s8, a4, t1
    lw t2, SHAPE_X_TAP(a4)
    lw t3, SHAPE_PLANE_BYTES(a4)
    lw t4, SHAPE_CHANNEL_BYTES(a4)
    lw s0, CHANNEL_TAPS(t1)
    lw s1, CHANNEL_TAPS+4(t1)
    lw s2, CHANNEL_TAPS+8(t1)
    add a1, a0, t2
    add a2, a1, t2
    add t3, t3, a0
    add t4, t4, t1
    addi t1, s9, 1
    sw t3, LINES_X(sp)
    sw t4, LINES_CHANNEL(sp)
    sw t1, LINES_Y(sp)
    slli s3, s0, 8
    slli s4, s1, 8
    slli s5, s2, 8
    lw t2, DEPTHWISE_LINES(t0)
    lw t1, LINES_BLOCKS(sp)
    andi t3, t1, 1
    beqz ra, .Lone_block_\@
    beqz t3, .Leven_\@

    loop1 t2, 3 + 1 + 3 * (\instructions + 4) + \next_instructions
        first_words
        loop0 ra, 2 * (\instructions + 4)
            \block a3, a4, a5, a6, a7, t0
            store_all
            \block a6, a7, t0, a3, a4, a5
            store_all
        \block a3, a4, a5, a6, a7, t0
        store_all
        \next_line
    j .Lnext_channel_\@

.Leven_\@:
    loop1 t2, 3 + 1 + 2 * (\instructions + 4) + \next_instructions
        first_words
        loop0 ra, 2 * (\instructions + 4)
            \block a3, a4, a5, a6, a7, t0
            store_all
            \block a6, a7, t0, a3, a4, a5
            store_all
        \next_line
    j .Lnext_channel_\@

.Lone_block_\@:
    loop1 t2, 3 + \instructions + 4 + \next_instructions
        first_words
        \block a3, a4, a5, a6, a7, t0
        store_all
        \next_line

.Lnext_channel_\@:
    lw t1, LINES_CHANNELS(sp)
    addi t1, t1, -1
    sw t1, LINES_CHANNELS(sp)
    bnez t1, .Lchannel_\@
    restore_registers LINES_FRAME
    ret
    end_function \name
.endm

    function nmcu_depthwise_3x3, block_narrow, 30, no_rounding, line_ends, next_line_unclamped, 4
    function nmcu_depthwise_3x3_clamp, block_clamp, 34, no_rounding, clamp_limits, next_line, 6
    function nmcu_depthwise_3x3_clipped, block_clipped, 43, rounding, clamp_limits, next_line, 6
    function nmcu_depthwise_3x3_wide, block_wide, 38, rounding, clamp_limits, next_line, 6
