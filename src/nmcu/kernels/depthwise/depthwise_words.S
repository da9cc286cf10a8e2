/* nmcu_depthwise_words_1 to _8, each also _clamp, _clipped and _wide: output lines of up to four channels, windows of
 * so many words of taps (prototype and arguments: depthwise.h).
 *
 * One output at a time, at any step along the line, any number of lines: the taps stay in registers, and so does where
 * each word lies in the window. A word costs a cycle more where it is not aligned. The next window's first word is
 * loaded while this one is rescaled.
 *
 * Per output with n words: n loads, n dot products, then multiply, add with rounding and shift, clip, store: 2 n + 4
 * instructions; 3 words at step 1, 9 taps of one line: 10 instructions, 12.5 cycles. Another clamp: 1 more; wide: 2
 * instructions and 7 cycles more; clipped: 4 and 6. Both loops are hardware loops: a line costs 9 cycles more.
 *
 *   a0  next window    a4  step to it    a5  y    a6  step of y    a7 t6  lo, hi    t0  output    t1-t3  words
 *   t4  shift    t5  multiplier    ra  offset    s0-s7  taps    s8-s11 a1-a3  where words 1 to 7 lie, less a4
 */
#include "block.inc"
#include "depthwise_layouts.h"
#include "lines.inc"

/* Load word `i`, if there is one, and add the one before. */
.macro next_word n, i, at, word, before, taps
    .if \n > \i
    cv.lw \word, \at(a0)
    .endif
    .if \n > \i - 1
    cv.sdotsp.b t0, \before, \taps
    .endif
.endm

/* 2 n - 1 instructions. */
.macro sum n, start
    .if \n > 1
    cv.lw t2, s8(a0)
    .endif
    \start t0, t1, s0
    next_word \n, 2, s9, t3, t2, s1
    next_word \n, 3, s10, t2, t3, s2
    next_word \n, 4, s11, t3, t2, s3
    next_word \n, 5, a1, t2, t3, s4
    next_word \n, 6, a2, t3, t2, s5
    next_word \n, 7, a3, t2, t3, s6
    .if \n > 7
    cv.sdotsp.b t0, t2, s7
    .endif
.endm

/* `more` instructions more than the narrow form has; `taps` and `places`, of the words but the first, are registers. */
.macro function n, suffix, start, limit, product, range, more, rounding, taps, places:vararg
    begin_function nmcu_depthwise_words_\n\()\suffix
    load_arguments
    lw s1, DEPTHWISE_OUTPUTS(a0)
    lw s2, DEPTHWISE_Y_LINE(a0)
    lw a6, DEPTHWISE_Y_STEP(a0)
    lw s3, SHAPE_X_LINE(t0)
    lw a4, SHAPE_X_STEP(t0)
    keep_arguments
    sw s1, LINES_OUTPUTS(sp)
    addi t1, s1, 1
    mul t1, t1, a4
    mul t2, s1, a6
    lw t3, SHAPE_OFFSETS(t0)
    lw a7, SHAPE_LO(t0)
    lw t6, SHAPE_HI(t0)
    sub t1, s3, t1
    sub t2, s2, t2
    sw t1, LINES_X_BACK(sp)
    sw t2, LINES_Y_BACK(sp)
    addi t3, t3, 4
    .irp place, \places
        cv.lw \place, (t3), 4
        nop
        sub \place, \place, a4
    .endr

.Lchannel_\@:
    begin_channel \rounding
    lw a0, LINES_X(sp)
    lw a5, LINES_Y(sp)
    addi t1, t1, CHANNEL_TAPS
    .irp tap, \taps
        cv.lw \tap, (t1), 4
    .endr
    step_channel a0, a5
    lw t0, DEPTHWISE_LINES(t0)
    loop1 t0, 3 + 2 * \n + 4 + \more + 4
        lw t2, LINES_OUTPUTS(sp)
        cv.lw t1, (a0), a4
        loop0 t2, 2 * \n + 4 + \more
            sum \n, \start
            \limit t2, t0
            \product t0, t0, t5
            cv.lw t1, (a0), a4
            cv.addRNr t0, ra, t4
            \range t0, a7, t6
            cv.sb t0, (a5), a6
        lw t1, LINES_X_BACK(sp)
        lw t2, LINES_Y_BACK(sp)
        add a0, a0, t1
        add a5, a5, t2
    next_channel .Lchannel_\@
    end_function nmcu_depthwise_words_\n\()\suffix
.endm

.macro forms n, taps, places:vararg
    function \n, , start_from_zero, no_limit, mul, to_int8, 0, no_rounding, "\taps", \places
    function \n, _clamp, start_from_zero, no_limit, mul, to_range, 1, no_rounding, "\taps", \places
    function \n, _clipped, start_from_bias, clip, mul, to_range, 4, rounding, "\taps", \places
    function \n, _wide, start_from_bias, no_limit, mulh, to_range, 2, rounding, "\taps", \places
.endm

    forms 1, s0
    forms 2, "s0, s1", s8
    forms 3, "s0, s1, s2", s8, s9
    forms 4, "s0, s1, s2, s3", s8, s9, s10
    forms 5, "s0, s1, s2, s3, s4", s8, s9, s10, s11
    forms 6, "s0, s1, s2, s3, s4, s5", s8, s9, s10, s11, a1
    forms 7, "s0, s1, s2, s3, s4, s5, s6", s8, s9, s10, s11, a1, a2
    forms 8, "s0, s1, s2, s3, s4, s5, s6, s7", s8, s9, s10, s11, a1, a2, a3
