/* nmcu_depthwise_3x3, _clamp, _clipped and _wide, one function for plain RV32IM: output lines of up to four channels
 * (prototype and arguments: depthwise.h).
 *
 * Inner loop: 128 instructions, 130 cycles, four outputs, 36 MACs (3.61 cycles/MAC): 18 loads, 36 products and
 * additions, then requantisation. The wide form takes 4 cycles more and what the core needs more for `mulh`.
 *
 *   a1 a2 a3  inputs of the next four windows on the lines of taps    a4  next output    a5  its step    a6 a7  inputs
 *   s0-s8  taps    s9 s10 s11 ra  sums    t0-t4  requantisation    t5  product    t6  end of a1    a0  bias
 */
#include "depthwise_rv32.inc"

/* A line of taps for four windows. */
.macro taps_3 x, w0, w1, w2
    lb a6, 0(\x)
    lb a7, 1(\x)
    multiply_add s9, a6, \w0
    lb a6, 2(\x)
    multiply_add s9, a7, \w1
    multiply_add s10, a7, \w0
    lb a7, 3(\x)
    multiply_add s9, a6, \w2
    multiply_add s10, a6, \w1
    multiply_add s11, a6, \w0
    lb a6, 4(\x)
    multiply_add s10, a7, \w2
    multiply_add s11, a7, \w1
    multiply_add ra, a7, \w0
    lb a7, 5(\x)
    multiply_add s11, a6, \w2
    multiply_add ra, a6, \w1
    multiply_add ra, a7, \w2
.endm

begin_scalar_function nmcu_depthwise_3x3
also_called nmcu_depthwise_3x3_clamp
also_called nmcu_depthwise_3x3_clipped
also_called nmcu_depthwise_3x3_wide
    begin_channels
.Lchannel:
    begin_channel
    lb s0, CHANNEL_TAPS(t6)
    lb s1, CHANNEL_TAPS+1(t6)
    lb s2, CHANNEL_TAPS+2(t6)
    lb s3, CHANNEL_TAPS+4(t6)
    lb s4, CHANNEL_TAPS+5(t6)
    lb s5, CHANNEL_TAPS+6(t6)
    lb s6, CHANNEL_TAPS+8(t6)
    lb s7, CHANNEL_TAPS+9(t6)
    lb s8, CHANNEL_TAPS+10(t6)
.Lline:
    lw a0, LINES_ARGUMENTS(sp)
    lw a1, LINES_X(sp)
    lw a2, LINES_X_TAP(sp)
    lw t6, DEPTHWISE_OUTPUTS(a0)
    lw a4, LINES_Y(sp)
    lw a0, LINES_BIAS(sp)
    add a3, a1, a2
    addi t6, t6, 3
    andi t6, t6, -4
    add t6, t6, a1
    add a2, a3, a2
    .balign 4
.Lblock:
    mv s9, a0
    mv s10, a0
    mv s11, a0
    mv ra, a0
    taps_3 a1, s0, s1, s2
    taps_3 a3, s3, s4, s5
    taps_3 a2, s6, s7, s8
    addi a1, a1, 4
    addi a2, a2, 4
    addi a3, a3, 4
    requantize_sums s9, s10, s11, ra
    .irp sum, s9, s10, s11, ra
        sb \sum, 0(a4)
        add a4, a4, a5
    .endr
    bne a1, t6, .Lblock
    next_line .Lline, .Lchannel
end_function nmcu_depthwise_3x3
