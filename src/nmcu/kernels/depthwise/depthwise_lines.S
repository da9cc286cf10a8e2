/* nmcu_depthwise_3x4, _5x8, each also _clamp, _clipped and _wide: output lines of up to four channels (prototype and
 * arguments: depthwise.h).
 *
 * One output at a time, at any step along the line: the taps stay in registers, each word of the window is loaded from
 * where it lies, which costs a cycle more where it is not aligned.
 *
 * Per output: 3x4 (9 MACs of a 3x3 window): 3 loads, 3 dot products, then multiply, add with rounding and shift, clip,
 * store: 10 instructions, 11.5 cycles at step 2. 5x8 (25 MACs of 5x5): 24 instructions, 29 cycles. Another clamp: 1
 * more; wide: 2 instructions and 6 cycles more; clipped: 4 and 6. Both loops are hardware loops: a line costs 7 or 9
 * cycles more.
 *
 *   a0-a4  next window on each line of taps    a5  y    a6  step of y    a7 t6  lo, hi    t0  output    t1-t3  words
 *   t4  shift    t5  multiplier    ra  offset    s0-s9  taps    s10  step to the next window    s11  outputs of a line
 */
#include "block.inc"
#include "depthwise_layouts.h"

#include "lines.inc"

/* 6 instructions; `start` begins the sum with its first word. */
.macro sum_3x4 start
    cv.lw t1, (a0), s10
    cv.lw t2, (a1), s10
    \start t0, t1, s0
    cv.lw t3, (a2), s10
    cv.sdotsp.b t0, t2, s1
    cv.sdotsp.b t0, t3, s2
.endm

/* 20 instructions. */
.macro sum_5x8 start
    lw t1, 4(a0)
    cv.lw t2, (a0), s10
    \start t0, t1, s1
    lw t3, 4(a1)
    cv.sdotsp.b t0, t2, s0
    cv.lw t1, (a1), s10
    cv.sdotsp.b t0, t3, s3
    lw t2, 4(a2)
    cv.sdotsp.b t0, t1, s2
    cv.lw t3, (a2), s10
    cv.sdotsp.b t0, t2, s5
    lw t1, 4(a3)
    cv.sdotsp.b t0, t3, s4
    cv.lw t2, (a3), s10
    cv.sdotsp.b t0, t1, s7
    lw t3, 4(a4)
    cv.sdotsp.b t0, t2, s6
    cv.lw t1, (a4), s10
    cv.sdotsp.b t0, t3, s9
    cv.sdotsp.b t0, t1, s8
.endm

/* 4 instructions, 5 to a range. */
.macro finish product, range
    \product t0, t0, t5
    cv.addrnr t0, ra, t4
    \range t0, a7, t6
    cv.sb t0, (a5), a6
.endm

/* `pointers` to the lines of taps but the first; `taps` registers in the order of the channel's words; `instructions`
 * of an output. */
.macro function n, suffix, start, limit, product, range, rounding, instructions, lines, pointers, taps:vararg
    begin_function nmcu_depthwise_\n\()\suffix
    load_arguments
    lw s11, DEPTHWISE_OUTPUTS(a0)
    lw t5, DEPTHWISE_Y_LINE(a0)
    lw a6, DEPTHWISE_Y_STEP(a0)
    lw t6, SHAPE_X_LINE(t0)
    lw s10, SHAPE_X_STEP(t0)
    keep_arguments
    lw a7, SHAPE_LO(t0)
    mul t1, s11, s10
    mul t2, s11, a6
    sub t1, t6, t1
    sub t2, t5, t2
    lw t6, SHAPE_HI(t0)
    sw t1, LINES_X_BACK(sp)
    sw t2, LINES_Y_BACK(sp)

.Lchannel_\@:
    begin_channel \rounding
    lw a0, LINES_X(sp)
    lw a5, LINES_Y(sp)
    addi t1, t1, CHANNEL_TAPS
    .irp tap, \taps
        cv.lw \tap, (t1), 4
    .endr
    mv t3, a0
    lw t1, SHAPE_X_TAP(t2)
    .irp pointer, \pointers
        add t3, t3, t1
        mv \pointer, t3
    .endr
    step_channel a0, a5
    lw t0, DEPTHWISE_LINES(t0)
    loop1 t0, 1 + (\instructions) + 2 + \lines + 1
        loop0 s11, \instructions
            sum_\n \start
            \limit t2, t0
            finish \product, \range
        lw t1, LINES_X_BACK(sp)
        lw t2, LINES_Y_BACK(sp)
        add a0, a0, t1
        .irp pointer, \pointers
            add \pointer, \pointer, t1
        .endr
        add a5, a5, t2

    next_channel .Lchannel_\@
    end_function nmcu_depthwise_\n\()\suffix
.endm

/* `instructions` of the first of them. */
.macro forms n, instructions, rest:vararg
    function \n, , start_from_zero, no_limit, mul, to_int8, no_rounding, \instructions, \rest
    function \n, _clamp, start_from_zero, no_limit, mul, to_range, no_rounding, \instructions + 1, \rest
    function \n, _clipped, start_from_bias, clip, mul, to_range, rounding, \instructions + 4, \rest
    function \n, _wide, start_from_bias, no_limit, mulh, to_range, rounding, \instructions + 2, \rest
.endm

    forms 3x4, 10, 3, "a1, a2", s0, s1, s2
    forms 5x8, 24, 5, "a1, a2, a3, a4", s0, s1, s2, s3, s4, s5, s6, s7, s8, s9
