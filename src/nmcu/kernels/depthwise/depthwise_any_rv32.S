/* nmcu_depthwise_words_1 to _8 and nmcu_depthwise_taps, each also _clamp, _clipped and _wide, one function for plain
 * RV32IM: output lines of up to four channels, windows of any size (prototype and arguments: depthwise.h).
 *
 * One output at a time, at any step along the line. Inner loop: 21 instructions, 23 cycles, a word of taps: 4 MACs less
 * those that only fill it.
 *
 *   a1  window    a2  place of the next word    a3  next taps    a4  next output    a5  its step    a6 a7  inputs
 *   s0 s1  taps    s2  places    s3  the channel's taps    s4  end of the places    s5  step to the next window
 *   s6  word of the window    ra  sum    t0-t4  requantisation    t5  product    t6  outputs to do
 */
#include "depthwise_rv32.inc"

.macro forms_called name
    also_called nmcu_depthwise_\name
    also_called nmcu_depthwise_\name\()_clamp
    also_called nmcu_depthwise_\name\()_clipped
    also_called nmcu_depthwise_\name\()_wide
.endm

begin_scalar_function nmcu_depthwise_any
    .irp name, taps, words_1, words_2, words_3, words_4, words_5, words_6, words_7, words_8
        forms_called \name
    .endr
    begin_channels
    lw t0, DEPTHWISE_SHAPE(a0)
    lw t1, SHAPE_TAP_LINES(t0)
    lw t2, SHAPE_TAP_WORDS(t0)
    lw s2, SHAPE_OFFSETS(t0)
    lw s5, SHAPE_X_STEP(t0)
    mul t1, t1, t2
    slli t1, t1, 2
    add s4, s2, t1
.Lchannel:
    begin_channel
    addi s3, t6, CHANNEL_TAPS
.Lline:
    lw a0, LINES_ARGUMENTS(sp)
    lw a1, LINES_X(sp)
    lw a4, LINES_Y(sp)
    lw t6, DEPTHWISE_OUTPUTS(a0)
.Loutput:
    lw ra, LINES_BIAS(sp)
    mv a2, s2
    mv a3, s3
    .balign 4
.Lword:
    lw s6, 0(a2)
    lb s0, 0(a3)
    lb s1, 1(a3)
    add s6, s6, a1
    lb a6, 0(s6)
    lb a7, 1(s6)
    multiply_add ra, a6, s0
    multiply_add ra, a7, s1
    lb a6, 2(s6)
    lb s0, 2(a3)
    lb a7, 3(s6)
    lb s1, 3(a3)
    multiply_add ra, a6, s0
    multiply_add ra, a7, s1
    addi a2, a2, 4
    addi a3, a3, 4
    bne a2, s4, .Lword
    addi t6, t6, -1
    add a1, a1, s5
    requantize_sums ra
    sb ra, 0(a4)
    add a4, a4, a5
    bnez t6, .Loutput
    next_line .Lline, .Lchannel
end_function nmcu_depthwise_any
