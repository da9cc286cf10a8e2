/* nmcu_depthwise_columns_1, _2, each also _clamp, _clipped and _wide: 3x3 windows at step 1 or 2 both along and across
 * the lines, up to four channels (prototype and arguments: depthwise.h).
 *
 * Four neighbours of a line at a time, then those below them on the next line, down to the last one: words of a line
 * stay in registers while other windows read them. The rest of each line, one to three outputs, is walked the same way,
 * by loops of its own: nothing is computed that is not there.
 *
 * Step 1: x0..x3 of a line give outputs 0 and 1 (taps k0 k1 k2 0 and 0 k0 k1 k2), x2..x5 outputs 2 and 3. A row of
 * outputs needs one line more, three lines' words are in registers; three rows follow one another before these have
 * changed places. Step 2: x0..x3, x2..x5, x4..x7 and x6..x9 give one output each; of three lines that a row of outputs
 * reads the last is the next one's first, whose sums it begins.
 *
 * Instructions (cycles, with words that are not aligned) for a row of
 *              4 outputs   3          2          1
 *     step 1   30 (31)     23 (24)    15         8
 *     step 2   37 (39)     27 (28)    18 (20)    9
 * Clamp: 1 more for each output, clipped: 3 and 1 more, wide: 2 and 4 cycles. All rows of four outputs: 20 or 17 cycles
 * more, a channel 30.
 *
 *   a0  next line    a1  step to it    t0-t3  outputs    t4  shift    t5  multiplier    ra  offset
 *   s6 s7  lo, hi    s9  y    s10  step of y    s11  step from a row's last output to the next row's first
 *   step 1: a2 a3, a4 a5, a6 a7  words of three lines    s0-s2  taps k0 k1 k2 0 of each line    s3-s5  taps 0 k0 k1 k2
 *           s8  three rows so often    t6  rows besides
 *   step 2: a2-a4  words of the second line    a5-a7 s3  words of the third    s0-s2  taps    s4  shuffle    s8  rows
 */
#include "block.inc"
#include "depthwise_layouts.h"

#include "lines.inc"

#define COLUMNS_REST LINES_X       /* where the outputs behind the last four of a line are computed */
#define COLUMNS_REST_STEP LINES_Y  /* s11 there */
#define COLUMNS_STEP LINES_OUTPUTS /* s11 with four outputs */
#define COLUMNS_NEXT_X 100         /* from behind a channel to the next one's first window and output */
#define COLUMNS_NEXT_Y 104
#define COLUMNS_ZERO 108 /* zero point */
#define COLUMNS_CHANNEL CHANNEL_TAPS + 12 /* its bytes */

.macro zeros width
.endm

/* 1 instruction for each output. */
.macro biases width
    lw t0, LINES_BIAS(sp)
    .if \width > 1
    lw t1, LINES_BIAS(sp)
    .endif
    .if \width > 2
    lw t2, LINES_BIAS(sp)
    .endif
    .if \width > 3
    lw t3, LINES_BIAS(sp)
    .endif
.endm

/* `operation` on each output. */
.macro each width, operation, operands:vararg
    \operation t0, \operands
    .if \width > 1
    \operation t1, \operands
    .endif
    .if \width > 2
    \operation t2, \operands
    .endif
    .if \width > 3
    \operation t3, \operands
    .endif
.endm

.macro in_place acc, operation, by
    \operation \acc, \acc, \by
.endm

.macro add_round acc, offset, shift
    cv.addrnr \acc, \offset, \shift
.endm

.macro no_clip width, at
.endm

.macro clip_all width, at
    lw \at, LINES_LIMIT(sp)
    each \width, in_place, cv.clipr, \at
.endm

/* Rescale and store a row of outputs; `at` is lost. */
.macro finish width, limit, product, range, at
    \limit \width, \at
    each \width, in_place, \product, t5
    each \width, add_round, ra, t4
    each \width, \range, s6, s7
    .if \width > 1
    cv.sb t0, (s9), s10
    .endif
    .if \width > 2
    cv.sb t1, (s9), s10
    .endif
    .if \width > 3
    cv.sb t2, (s9), s10
    .endif
    .if \width == 1
    cv.sb t0, (s9), s11
    .elseif \width == 2
    cv.sb t1, (s9), s11
    .elseif \width == 3
    cv.sb t2, (s9), s11
    .else
    cv.sb t3, (s9), s11
    .endif
.endm

/* Step 1: the words of the next line. */
.macro words_1 width, p, q
    .if \width > 2
    lw \q, 2(a0)
    .endif
    cv.lw \p, (a0), a1
.endm

.macro line_1 width, product, p, q, taps, shifted
    \product t0, \p, \taps
    .if \width > 1
    \product t1, \p, \shifted
    .endif
    .if \width > 2
    \product t2, \q, \taps
    .endif
    .if \width > 3
    \product t3, \q, \shifted
    .endif
.endm

/* A row of outputs; the words of its first two lines are there. */
.macro row_1 width, begin, first, limit, product, range, p0, q0, p1, q1, p2, q2
    words_1 \width, \p2, \q2
    \begin \width
    line_1 \width, \first, \p0, \q0, s0, s3
    line_1 \width, cv.sdotsp.b, \p1, \q1, s1, s4
    line_1 \width, cv.sdotsp.b, \p2, \q2, s2, s5
    finish \width, \limit, \product, \range, \p0
.endm

/* All rows of `width` outputs; `instructions` of one. */
.macro columns_1 width, instructions, form:vararg
    words_1 \width, a2, a3
    words_1 \width, a4, a5
    beqz s8, .Lrest_\@
    loop0 s8, 3 * (\instructions)
        row_1 \width, \form, a2, a3, a4, a5, a6, a7
        row_1 \width, \form, a4, a5, a6, a7, a2, a3
        row_1 \width, \form, a6, a7, a2, a3, a4, a5
.Lrest_\@:
    beqz t6, .Ldone_\@
    row_1 \width, \form, a2, a3, a4, a5, a6, a7
    addi t0, t6, -1
    beqz t0, .Ldone_\@
    row_1 \width, \form, a4, a5, a6, a7, a2, a3
.Ldone_\@:
.endm

/* Step 2: a word for each output, of the line at a0. */
.macro words_2 width, word0, word1, word2, word3
    .if \width > 1
    lw \word1, 2(a0)
    .endif
    .if \width > 2
    lw \word2, 4(a0)
    .endif
    .if \width > 3
    lw \word3, 6(a0)
    .endif
    cv.lw \word0, (a0), a1
.endm

.macro line_2 width, product, word0, word1, word2, word3, taps
    .if \width > 1
    \product t1, \word1, \taps
    .endif
    .if \width > 2
    \product t2, \word2, \taps
    .endif
    .if \width > 3
    \product t3, \word3, \taps
    .endif
    \product t0, \word0, \taps
.endm

/* The second line of a row, whose words no other row reads. */
.macro second_line_2 width
    .if \width > 2
    lw a3, 4(a0)
    .if \width > 3
    lw a4, 8(a0)
    .endif
    cv.lw a2, (a0), a1
    cv.sdotsp.b t2, a3, s1
    cv.sdotsp.b t0, a2, s1
    cv.shuffle2.b a2, a3, s4
    .if \width > 3
    cv.shuffle2.b a3, a4, s4
    .endif
    cv.sdotsp.b t1, a2, s1
    .if \width > 3
    cv.sdotsp.b t3, a3, s1
    .endif
    .else
    words_2 \width, a2, a3, a4, a4
    line_2 \width, cv.sdotsp.b, a2, a3, a4, a4, s1
    .endif
.endm

/* A row of outputs, whose first line is added already, and the beginning of the next one. */
.macro row_2 width, begin, first, limit, product, range
    second_line_2 \width
    words_2 \width, a5, a6, a7, s3
    line_2 \width, cv.sdotsp.b, a5, a6, a7, s3, s2
    finish \width, \limit, \product, \range, a2
    \begin \width
    line_2 \width, \first, a5, a6, a7, s3, s0
.endm

.macro columns_2 width, instructions, begin, first, form:vararg
    words_2 \width, a5, a6, a7, s3
    \begin \width
    line_2 \width, \first, a5, a6, a7, s3, s0
    loop0 s8, \instructions
        row_2 \width, \begin, \first, \form
.endm

/* What the two steps differ in: bytes of the lines that a column of `a3` rows reads, in t2, and bytes from it to the
 * next one, in t4; how often a loop runs; the taps as they are used. */
.macro prepare_1
    addi t2, a3, 2
    mul t2, t2, a1
    li t4, 0xaaab
    mul t4, t4, a3
    srli s8, t4, 17
    slli t4, s8, 1
    add t4, t4, s8
    sub t6, a3, t4
    li t4, 4
.endm

.macro prepare_2
    slli t2, a3, 1
    addi t2, t2, 1
    mul t2, t2, a1
    mv s8, a3
    li s4, 0x05040302
    li t4, 8
.endm

.macro shift_taps_1
    slli s3, s0, 8
    slli s4, s1, 8
    slli s5, s2, 8
.endm

.macro shift_taps_2
.endm

.macro channel_rounding
    lw t1, COLUMNS_ZERO(sp)
    lw t2, CHANNEL_BIAS(t3)
    sw ra, LINES_LIMIT(sp)
    sll ra, t1, t4
    sw t2, LINES_BIAS(sp)
.endm

.macro no_channel_rounding
.endm

/* `instructions` of a row of 4, 3, 2 and 1 outputs. */
.macro function step, suffix, rounding, w4, w3, w2, w1, form:vararg
    begin_function nmcu_depthwise_columns_\step\suffix
    load_arguments
    lw a2, DEPTHWISE_OUTPUTS(a0)
    lw a3, DEPTHWISE_LINES(a0)
    lw a4, DEPTHWISE_Y_LINE(a0)
    lw s10, DEPTHWISE_Y_STEP(a0)
    lw a1, SHAPE_X_TAP(t0)
    lw s6, SHAPE_LO(t0)
    lw s7, SHAPE_HI(t0)
    lw t5, SHAPE_PLANE_BYTES(t0)
    lw t6, SHAPE_ZERO_POINT(t0)
    mv a0, t1
    mv s9, t2
    sw t3, LINES_CHANNEL(sp)
    sw t4, LINES_CHANNELS(sp)
    sw t6, COLUMNS_ZERO(sp)
    srli a5, a2, 2
    andi a6, a2, 3
    sw a5, LINES_BLOCKS(sp)
    mul a7, a3, a4
    slli t1, s10, 2
    sub t2, t1, a7
    sw t2, LINES_Y_BACK(sp)
    sub t2, a4, t1
    add t2, t2, s10
    sw t2, COLUMNS_STEP(sp)
    addi t2, a6, -1
    mul t2, t2, s10
    sub t2, a4, t2
    sw t2, COLUMNS_REST_STEP(sp)
    mul t1, t1, a5
    li t3, 1
    sub t3, t3, t1
    prepare_\step
    sub t1, t4, t2
    sw t1, LINES_X_BACK(sp)
    mul t4, t4, a5
    sub t5, t5, t4
    lla t1, .Lnext_channel_\@
    beqz a6, .Lprepared_\@
    sub t3, t3, a7
    sub t5, t5, t2
    addi a6, a6, -2
    lla t1, .Ltwo_\@
    beqz a6, .Lprepared_\@
    lla t1, .Lone_\@
    bltz a6, .Lprepared_\@
    lla t1, .Lthree_\@
.Lprepared_\@:
    sw t1, COLUMNS_REST(sp)
    sw t3, COLUMNS_NEXT_Y(sp)
    sw t5, COLUMNS_NEXT_X(sp)

.Lchannel_\@:
    lw t3, LINES_CHANNEL(sp)
    lw t0, LINES_BLOCKS(sp)
    lw t5, CHANNEL_MULTIPLIER(t3)
    lw ra, CHANNEL_OFFSET(t3)
    lw t4, CHANNEL_SHIFT(t3)
    lw s0, CHANNEL_TAPS(t3)
    lw s1, CHANNEL_TAPS+4(t3)
    lw s2, CHANNEL_TAPS+8(t3)
    lw s11, COLUMNS_STEP(sp)
    shift_taps_\step
    \rounding
    addi t3, t3, COLUMNS_CHANNEL
    sw t3, LINES_CHANNEL(sp)
    beqz t0, .Lrest_of_lines_\@
.Lblock_\@:
    sw t0, LINES_LEFT(sp)
    columns_\step 4, \w4, \form
    lw t0, LINES_LEFT(sp)
    lw t1, LINES_X_BACK(sp)
    lw t2, LINES_Y_BACK(sp)
    addi t0, t0, -1
    add a0, a0, t1
    add s9, s9, t2
    bnez t0, .Lblock_\@
.Lrest_of_lines_\@:
    lw t0, COLUMNS_REST(sp)
    lw s11, COLUMNS_REST_STEP(sp)
    jr t0
.Lone_\@:
    columns_\step 1, \w1, \form
    j .Lnext_channel_\@
.Lthree_\@:
    columns_\step 3, \w3, \form
    j .Lnext_channel_\@
.Ltwo_\@:
    columns_\step 2, \w2, \form
.Lnext_channel_\@:
    lw t0, LINES_CHANNELS(sp)
    lw t1, COLUMNS_NEXT_X(sp)
    lw t2, COLUMNS_NEXT_Y(sp)
    addi t0, t0, -1
    sw t0, LINES_CHANNELS(sp)
    add a0, a0, t1
    add s9, s9, t2
    bnez t0, .Lchannel_\@
    restore_registers LINES_FRAME
    ret
    end_function nmcu_depthwise_columns_\step\suffix
.endm

/* `instructions` in the narrow form. */
.macro forms step, w4, w3, w2, w1
    function \step, , no_channel_rounding, \w4, \w3, \w2, \w1, zeros, cv.dotsp.b, no_clip, mul, to_int8
    function \step, _clamp, no_channel_rounding, \w4 + 4, \w3 + 3, \w2 + 2, \w1 + 1, zeros, cv.dotsp.b, no_clip, mul, \
        to_range
    function \step, _clipped, channel_rounding, \w4 + 13, \w3 + 10, \w2 + 7, \w1 + 4, biases, cv.sdotsp.b, clip_all, \
        mul, to_range
    function \step, _wide, channel_rounding, \w4 + 8, \w3 + 6, \w2 + 4, \w1 + 2, biases, cv.sdotsp.b, no_clip, mulh, \
        to_range
.endm

    forms 1, 30, 23, 15, 8
    forms 2, 37, 27, 18, 9
