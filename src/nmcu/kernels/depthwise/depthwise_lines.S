/* nmcu_depthwise_3x4, _5x8, each also _wide: output lines of up to four channels (prototype and arguments:
 * depthwise.h).
 *
 * One output at a time, at any step along the line: the taps stay in registers, each word of the window is loaded from
 * where it lies, which costs a cycle more where it is not aligned.
 *
 * Per output: 3x4 (9 MACs of a 3x3 window): 3 loads, 3 dot products, then multiply, add with rounding and shift, two
 * clamps, store: 11 instructions, 12.5 cycles at step 2. 5x8 (25 MACs of 5x5): 25 instructions, 30 cycles. Wide: 1
 * instruction and 5 cycles more. Both loops are hardware loops: a line costs 7 or 9 cycles more.
 *
 *   a0-a4  next window on each line of taps    a5  y    a6  step of y    a7 t6  lo, hi    t0  output    t1-t3  words
 *   t4  shift    t5  multiplier    ra  offset    s0-s9  taps    s10  step to the next window    s11  outputs of a line
 */
#include "block.inc"
#include "depthwise_layouts.h"

#define LINES_FRAME 84
#define LINES_ARGUMENTS 52
#define LINES_CHANNELS 56 /* still to do */
#define LINES_CHANNEL 60
#define LINES_X 64
#define LINES_Y 68
#define LINES_X_BACK 72 /* from behind a line's last window to the next line */
#define LINES_Y_BACK 76
#define LINES_BIAS 80

/* 6 instructions; `start` begins the sum with its first word. */
.macro sum_3x4 start
    cv.lw t1, (a0), s10
    cv.lw t2, (a1), s10
    \start t1, s0
    cv.lw t3, (a2), s10
    cv.sdotsp.b t0, t2, s1
    cv.sdotsp.b t0, t3, s2
.endm

/* 20 instructions. */
.macro sum_5x8 start
    lw t1, 4(a0)
    cv.lw t2, (a0), s10
    \start t1, s1
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

.macro start_from_zero word, taps
    cv.dotsp.b t0, \word, \taps
.endm

/* 1 instruction more. */
.macro start_from_bias word, taps
    lw t0, LINES_BIAS(sp)
    cv.sdotsp.b t0, \word, \taps
.endm

/* 5 instructions. */
.macro finish product
    \product t0, t0, t5
    cv.addrnr t0, ra, t4
    cv.max t0, t0, a7
    cv.min t0, t0, t6
    cv.sb t0, (a5), a6
.endm

/* `pointers` to the lines of taps but the first; `taps` registers in the order of the channel's words; `instructions`
 * of an output. */
.macro function name, sum, start, product, instructions, lines, pointers, taps:vararg
    begin_function \name
    save_registers LINES_FRAME
    lw t0, DEPTHWISE_SHAPE(a0)
    lw t1, DEPTHWISE_X(a0)
    lw t2, DEPTHWISE_Y(a0)
    lw t3, DEPTHWISE_CHANNEL(a0)
    lw t4, DEPTHWISE_CHANNELS(a0)
    lw s11, DEPTHWISE_OUTPUTS(a0)
    lw t5, DEPTHWISE_Y_LINE(a0)
    lw a6, DEPTHWISE_Y_STEP(a0)
    lw t6, SHAPE_X_LINE(t0)
    lw s10, SHAPE_X_STEP(t0)
    sw a0, LINES_ARGUMENTS(sp)
    sw t1, LINES_X(sp)
    sw t2, LINES_Y(sp)
    sw t3, LINES_CHANNEL(sp)
    sw t4, LINES_CHANNELS(sp)
    lw a7, SHAPE_LO(t0)
    mul t1, s11, s10
    mul t2, s11, a6
    sub t1, t6, t1
    sub t2, t5, t2
    lw t6, SHAPE_HI(t0)
    sw t1, LINES_X_BACK(sp)
    sw t2, LINES_Y_BACK(sp)

.Lchannel_\@:
    lw t0, LINES_ARGUMENTS(sp)
    lw t1, LINES_CHANNEL(sp)
    lw t2, DEPTHWISE_SHAPE(t0)
    lw a0, LINES_X(sp)
    lw a5, LINES_Y(sp)
    lw t3, SHAPE_PLANE_BYTES(t2)
    lw t4, SHAPE_CHANNEL_BYTES(t2)
    lw t2, SHAPE_X_TAP(t2)
    add t3, t3, a0
    add t4, t4, t1
    addi ra, a5, 1
    sw t3, LINES_X(sp)
    sw t4, LINES_CHANNEL(sp)
    sw ra, LINES_Y(sp)
    lw t3, CHANNEL_BIAS(t1)
    lw t5, CHANNEL_MULTIPLIER(t1)
    lw ra, CHANNEL_OFFSET(t1)
    lw t4, CHANNEL_SHIFT(t1)
    sw t3, LINES_BIAS(sp)
    addi t1, t1, CHANNEL_TAPS
    .irp tap, \taps
        cv.lw \tap, (t1), 4
    .endr
    mv t3, a0
    .irp pointer, \pointers
        add t3, t3, t2
        mv \pointer, t3
    .endr
    lw t0, DEPTHWISE_LINES(t0)
    loop1 t0, 1 + \instructions + 2 + \lines + 1
        loop0 s11, \instructions
            \sum \start
            finish \product
        lw t1, LINES_X_BACK(sp)
        lw t2, LINES_Y_BACK(sp)
        add a0, a0, t1
        .irp pointer, \pointers
            add \pointer, \pointer, t1
        .endr
        add a5, a5, t2

    lw t1, LINES_CHANNELS(sp)
    addi t1, t1, -1
    sw t1, LINES_CHANNELS(sp)
    bnez t1, .Lchannel_\@
    restore_registers LINES_FRAME
    ret
    end_function \name
.endm

#define TAPS_3x4 s0, s1, s2
#define TAPS_5x8 s0, s1, s2, s3, s4, s5, s6, s7, s8, s9

    function nmcu_depthwise_3x4, sum_3x4, start_from_zero, mul, 11, 3, "a1, a2", TAPS_3x4
    function nmcu_depthwise_3x4_wide, sum_3x4, start_from_bias, mulh, 12, 3, "a1, a2", TAPS_3x4
    function nmcu_depthwise_5x8, sum_5x8, start_from_zero, mul, 25, 5, "a1, a2, a3, a4", TAPS_5x8
    function nmcu_depthwise_5x8_wide, sum_5x8, start_from_bias, mulh, 26, 5, "a1, a2, a3, a4", TAPS_5x8
