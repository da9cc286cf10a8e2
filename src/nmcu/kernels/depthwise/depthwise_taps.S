/* nmcu_depthwise_taps, _clamp, _clipped, _wide: output lines of up to four channels, windows of any size (prototype and
 * arguments: depthwise.h).
 *
 * Four outputs at a time, at any step along the line: a word of taps and where it lies in the window are loaded once
 * for all four.
 *
 * Inner loop: 10 instructions for a word of taps by four outputs: 2 + 4 loads, 4 dot products; 13 cycles at step 1,
 * where three of four inputs are not aligned. Beside it, for each four outputs: 27 instructions; 31 with another clamp,
 * 36 in the clipped form, 47 cycles in the wide one.
 *
 *   a0-a3  next windows    a4  next place of a word    a5  next taps    a6  y    a7  step of y    t0  place    t1  taps
 *   t2 t3 t6 s9  words     s0-s3  sums    t4  shift    t5  multiplier    ra  offset    s4 s5  lo, hi    s6  words of a
 *   window    s7  step of four windows    s8  places    s10  the channel's taps    s11  what sums begin with
 */
#include "block.inc"
#include "depthwise_layouts.h"
#include "lines.inc"

.macro no_bias
    li s11, 0
.endm

.macro bias
    mv s11, t3
.endm

.macro each operation, operands:vararg
    .irp sum, s0, s1, s2, s3
        \operation \sum, \sum, \operands
    .endr
.endm

/* `more` instructions more than the narrow form has. */
.macro function name, bias, limit, product, range, more, rounding
    begin_function \name
    load_arguments
    lw s1, DEPTHWISE_OUTPUTS(a0)
    lw s2, DEPTHWISE_Y_LINE(a0)
    lw a7, DEPTHWISE_Y_STEP(a0)
    keep_arguments
    addi s1, s1, 3
    lw t5, SHAPE_X_STEP(t0)
    lw s3, SHAPE_X_LINE(t0)
    srli s1, s1, 2
    slli s7, t5, 2
    sw s1, LINES_BLOCKS(sp)
    mul t1, s1, s7
    slli t2, s1, 2
    mul t2, t2, a7
    lw s4, SHAPE_LO(t0)
    lw s5, SHAPE_HI(t0)
    lw s6, SHAPE_TAP_LINES(t0)
    lw t3, SHAPE_TAP_WORDS(t0)
    lw s8, SHAPE_OFFSETS(t0)
    sub t1, s3, t1
    sub t2, s2, t2
    mul s6, s6, t3
    sw t1, LINES_X_BACK(sp)
    sw t2, LINES_Y_BACK(sp)

.Lchannel_\@:
    begin_channel \rounding
    \bias
    lw a0, LINES_X(sp)
    lw a6, LINES_Y(sp)
    lw a3, SHAPE_X_STEP(t2)
    addi s10, t1, CHANNEL_TAPS
    step_channel a0, a6
    add a1, a0, a3
    add a2, a1, a3
    add a3, a2, a3
    lw s9, DEPTHWISE_LINES(t0)
    lw t0, LINES_BLOCKS(sp)
    sw s9, LINES_LEFT(sp)
.Lline_\@:
    loop1 t0, 37 + \more
        mv s0, s11
        mv s1, s11
        mv s2, s11
        mv s3, s11
        mv a4, s8
        mv a5, s10
        loop0 s6, 10
            cv.lw t0, (a4), 4
            cv.lw t1, (a5), 4
            cv.lw t2, t0(a0)
            cv.lw t3, t0(a1)
            cv.lw t6, t0(a2)
            cv.lw s9, t0(a3)
            cv.sdotsp.b s0, t2, t1
            cv.sdotsp.b s1, t3, t1
            cv.sdotsp.b s2, t6, t1
            cv.sdotsp.b s3, s9, t1
        \limit t0, s0, s1, s2, s3
        each \product, t5
        add a0, a0, s7
        add a1, a1, s7
        .irp sum, s0, s1, s2, s3
            cv.addRNr \sum, ra, t4
        .endr
        add a2, a2, s7
        add a3, a3, s7
        .irp sum, s0, s1, s2, s3
            \range \sum, s4, s5
        .endr
        cv.sb s0, (a6), a7
        cv.sb s1, (a6), a7
        cv.sb s2, (a6), a7
        cv.sb s3, (a6), a7
    lw t1, LINES_X_BACK(sp)
    lw t2, LINES_Y_BACK(sp)
    lw t3, LINES_LEFT(sp)
    lw t0, LINES_BLOCKS(sp)
    add a0, a0, t1
    add a1, a1, t1
    add a2, a2, t1
    add a3, a3, t1
    add a6, a6, t2
    addi t3, t3, -1
    sw t3, LINES_LEFT(sp)
    bnez t3, .Lline_\@
    next_channel .Lchannel_\@
    end_function \name
.endm

    function nmcu_depthwise_taps, no_bias, no_limit, mul, to_int8, 0, no_rounding
    function nmcu_depthwise_taps_clamp, no_bias, no_limit, mul, to_range, 4, no_rounding
    function nmcu_depthwise_taps_clipped, bias, clip, mul, to_range, 9, rounding
    function nmcu_depthwise_taps_wide, bias, no_limit, mulh, to_range, 4, rounding
