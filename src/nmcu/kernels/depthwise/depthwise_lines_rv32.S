/* nmcu_depthwise_3x4 and _5x8, each also _clamp, _clipped and _wide, for plain RV32IM: output lines of up to four
 * channels (prototype and arguments: depthwise.h).
 *
 * One output at a time, at any step along the line. Taps behind the third (of four) or the fifth (of eight) that are
 * zero in all lines are left out: they are there to fill words. Cycles of an output in the narrow form: 3x3 taps 44
 * (4.9 cycles/MAC), 3x4 53, 5x5 119 (4.8), 5x8 179.
 *
 *   3x4: a1 a3 a2  next window on each line of taps    s0-s11  taps    a6 a7  inputs
 *   5x8: a1 a3 a2 s0 s1  next window on each line of taps    s2  the channel    s7  not 0: eight taps
 *        a6 s3 s5, a7 s4 s6  inputs, taps
 *   a0  step to the next window    a4  next output    a5  its step    ra  sum    t0-t4  requantisation    t5  product
 *   t6  outputs to do
 */
#include "depthwise_rv32.inc"

/* Windows of the line in a1, a3, a2; outputs to do, their place, step to the next window. */
.macro begin_line
    lw a0, LINES_ARGUMENTS(sp)
    lw a1, LINES_X(sp)
    lw a2, LINES_X_TAP(sp)
    lw t5, DEPTHWISE_SHAPE(a0)
    lw t6, DEPTHWISE_OUTPUTS(a0)
    lw a4, LINES_Y(sp)
    lw a0, SHAPE_X_STEP(t5)
    add a3, a1, a2
    add a2, a3, a2
.endm

/* Requantise and store the sum, and step on; `windows` are the pointers. */
.macro end_output windows:vararg
    addi t6, t6, -1
    .irp window, \windows
        add \window, \window, a0
    .endr
    requantize_sums ra
    sb ra, 0(a4)
    add a4, a4, a5
.endm

.macro taps_3 x, w0, w1, w2
    lb a6, 0(\x)
    lb a7, 1(\x)
    multiply_add ra, a6, \w0
    lb a6, 2(\x)
    multiply_add ra, a7, \w1
    multiply_add ra, a6, \w2
.endm

.macro taps_4 x, w0, w1, w2, w3
    lb a6, 0(\x)
    lb a7, 1(\x)
    multiply_add ra, a6, \w0
    lb a6, 2(\x)
    multiply_add ra, a7, \w1
    lb a7, 3(\x)
    multiply_add ra, a6, \w2
    multiply_add ra, a7, \w3
.endm

begin_scalar_function nmcu_depthwise_3x4
also_called nmcu_depthwise_3x4_clamp
also_called nmcu_depthwise_3x4_clipped
also_called nmcu_depthwise_3x4_wide
    begin_channels
.Lchannel:
    begin_channel
    lb s0, CHANNEL_TAPS(t6)
    lb s1, CHANNEL_TAPS+1(t6)
    lb s2, CHANNEL_TAPS+2(t6)
    lb s3, CHANNEL_TAPS+3(t6)
    lb s4, CHANNEL_TAPS+4(t6)
    lb s5, CHANNEL_TAPS+5(t6)
    lb s6, CHANNEL_TAPS+6(t6)
    lb s7, CHANNEL_TAPS+7(t6)
    lb s8, CHANNEL_TAPS+8(t6)
    lb s9, CHANNEL_TAPS+9(t6)
    lb s10, CHANNEL_TAPS+10(t6)
    lb s11, CHANNEL_TAPS+11(t6)
.Lline:
    begin_line
    or t5, s3, s7
    or t5, t5, s11
    bnez t5, .Lfour
    .balign 4
.Lthree:
    lw ra, LINES_BIAS(sp)
    taps_3 a1, s0, s1, s2
    taps_3 a3, s4, s5, s6
    taps_3 a2, s8, s9, s10
    end_output a1, a2, a3
    bnez t6, .Lthree
.Lline_done:
    next_line .Lline, .Lchannel
    .balign 4
.Lfour:
    lw ra, LINES_BIAS(sp)
    taps_4 a1, s0, s1, s2, s3
    taps_4 a3, s4, s5, s6, s7
    taps_4 a2, s8, s9, s10, s11
    end_output a1, a2, a3
    bnez t6, .Lfour
    j .Lline_done
end_function nmcu_depthwise_3x4

/* Load tap `k` of the line of taps from byte `at` on, and its input from the window at `x`. */
.macro load_tap x, at, k, input, tap
    lb \input, \k(\x)
    lb \tap, CHANNEL_TAPS + \at + \k(s2)
.endm

.macro taps_5 x, at
    load_tap \x, \at, 0, a6, a7
    load_tap \x, \at, 1, s3, s4
    load_tap \x, \at, 4, s5, s6
    multiply_add ra, a6, a7
    multiply_add ra, s3, s4
    multiply_add ra, s5, s6
    load_tap \x, \at, 2, a6, a7
    load_tap \x, \at, 3, s3, s4
    multiply_add ra, a6, a7
    multiply_add ra, s3, s4
.endm

.macro taps_8 x, at
    .irp k, 0, 2, 4, 6
        load_tap \x, \at, \k, a6, a7
        load_tap \x, \at, 1 + \k, s3, s4
        multiply_add ra, a6, a7
        multiply_add ra, s3, s4
    .endr
.endm

begin_scalar_function nmcu_depthwise_5x8
also_called nmcu_depthwise_5x8_clamp
also_called nmcu_depthwise_5x8_clipped
also_called nmcu_depthwise_5x8_wide
    begin_channels
.Lchannel8:
    begin_channel
    mv s2, t6
    lw s7, CHANNEL_TAPS+4(t6)
    .irp line, 1, 2, 3, 4
        lw t5, CHANNEL_TAPS + 4 + 8 * \line(t6)
        or s7, s7, t5
    .endr
    srli s7, s7, 8 /* taps 5, 6 and 7 */
.Lline8:
    begin_line
    lw t5, LINES_X_TAP(sp)
    add s0, a2, t5
    add s1, s0, t5
    bnez s7, .Leight
    .balign 4
.Lfive:
    lw ra, LINES_BIAS(sp)
    taps_5 a1, 0
    taps_5 a3, 8
    taps_5 a2, 16
    taps_5 s0, 24
    taps_5 s1, 32
    end_output a1, a2, a3, s0, s1
    bnez t6, .Lfive
.Lline8_done:
    next_line .Lline8, .Lchannel8
    .balign 4
.Leight:
    lw ra, LINES_BIAS(sp)
    taps_8 a1, 0
    taps_8 a3, 8
    taps_8 a2, 16
    taps_8 s0, 24
    taps_8 s1, 32
    end_output a1, a2, a3, s0, s1
    bnez t6, .Leight
    j .Lline8_done
end_function nmcu_depthwise_5x8
