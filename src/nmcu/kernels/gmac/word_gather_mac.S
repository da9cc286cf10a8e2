/* nmcu_word_gather_mac_N_M: one output channel by four pixels (prototypes: gmac.h).
 *
 * Inner loop, M = 4: 21 instructions, 21 cycles, 64 MACs (0.328 cycles/MAC): 16 gathers, 4 loads of weights, 1 of
 * offsets; M = 8 and 16: 11 for 32 (0.344). A channel takes 13 more in the narrow form, and 4 of four channels store
 * their results: pixels' bytes of four channels are shifted into words by nm.pack.b.
 *
 *   a7  window   a1  base of the next block   a3  next packed word   t2  offsets   t3 t4  weights   t6  chunks
 *   a2 a4 a5 a6  four channels of pixels 0 to 3   s0-s3  next output word of pixels 0 to 3   s4 s5  limits
 *   t5  groups (channels) left   s6  1   s7  2 * zero point + 1   t0 t1 s8  temporary   a0  block
 * Where results are looked up: s4  the entry of 0
 */
#include "block.inc"
#include "gmac_layouts.h"
#include "nmcu_gmac.h"

/* Entry `sel` of a chunk. */
.macro gather n, m, weights, sel
    .if (\sel + 1) % \n
    nm.gmac.m\m \weights, a1, t2, \sel
    .else
    nm.gmaci.m\m \weights, a1, t2, \sel
    .endif
.endm

.macro gather_four n, m, weights, sel
    gather \n, \m, \weights, \sel
    gather \n, \m, \weights, \sel+1
    gather \n, \m, \weights, \sel+2
    gather \n, \m, \weights, \sel+3
.endm

/* `fours` (1, 2, 4) times four entries, whose first weights, offsets and second weights are in t3, t2, t4: 5 * fours
 * + 1 instructions. Weights and offsets are loaded behind the last gather that reads the old ones. The next three
 * words are in t3, t2, t4 then; behind one four in t4, t2, t3. */
.macro chunk n, m, fours
    gather_four \n, \m, t3, 0
    .if \fours > 1
    cv.lw t3, (a3), 4
    gather_four \n, \m, t4, 4
    .endif
    .if \fours > 2
    cv.lw t4, (a3), 4
    gather_four \n, \m, t3, 8
    cv.lw t3, (a3), 4
    gather_four \n, \m, t4, 12
    .endif
    .if \fours > 1
    cv.lw t2, (a3), 4
    cv.lw t4, (a3), 4
    .else
    cv.lw t2, (a3), 4
    cv.lw t3, (a3), 4
    .endif
.endm

/* All entries of a channel: chunks of `fours` (`whole` 1), and half of one behind them (`half` 1). */
.macro entries n, m, fours, whole, half
    cv.lw t3, (a3), 4
    cv.lw t2, (a3), 4
    cv.lw t4, (a3), 4
    mv a1, a7
    .if \whole
    loop0 t6, 5 * \fours + 1
        chunk \n, \m, \fours
    .endif
    .if \half
    chunk \n, \m, \fours / 2
    .endif
.endm

/* Results in the narrow form: 8 instructions. */
.macro narrow_results multiplier, shift
    nm.acc.scale t0, \multiplier, t2
    nm.acc.scale t1, \multiplier, t2
    nm.pack.b a2, t0, \shift
    nm.acc.scale t0, \multiplier, t2
    nm.pack.b a4, t1, \shift
    nm.acc.scale t1, \multiplier, t2
    nm.pack.b a5, t0, \shift
    nm.pack.b a6, t1, \shift
.endm

/* Results by a product of 64 bits; the shift is in t1. */
.macro wide_results bias, round
    .irp word, a2, a4, a5, a6
        nm.acc.scale t0, s6, \bias
        mulh t0, t0, t2
        add t0, t0, \round
        nm.pack.b \word, t0, t1
    .endr
.endm

/* Results by `product`, of sums clipped to `limit`; the rounding is in t0, the shift in t1. */
.macro clipped_results product, bias, limit
    .irp word, a2, a4, a5, a6
        nm.acc.scale s8, s6, \bias
        cv.clipr s8, s8, \limit
        \product s8, s8, t2
        add s8, s8, t0
        nm.pack.b \word, s8, t1
    .endr
.endm

/* Results in the wide or the mixed form. */
.macro other_results bias, round
    cv.lw t1, (a3), 4
    beqz s9, .Lmixed\@
    wide_results \bias, \round
.Ldone\@:
    .subsection 1
.Lmixed\@:
    addi t0, t1, -1
    sll t0, s7, t0
    bltz t1, .Lwide_channel\@
    clipped_results mul, \bias, \round
    j .Ldone\@
.Lwide_channel\@:
    clipped_results mulh, \bias, \round
    j .Ldone\@
    .subsection 0
.endm

/* All results of four channels, looked up: 40 instructions. Uses t0-t3. */
.macro look_up_words
    .irp word, a2, a4, a5, a6
        cv.extract t0, \word, 7, 0
        cv.extract t1, \word, 7, 8
        cv.extract t2, \word, 7, 16
        srai t3, \word, 24
        look_up s4, t3, t2, t1, t0
        cv.packhi.b \word, t3, t2
        cv.packlo.b \word, t1, t0
    .endr
.endm

.macro to_limits
    .irp word, a2, a4, a5, a6
        cv.max.sc.b \word, \word, s4
        cv.min.sc.b \word, \word, s5
    .endr
.endm

/* The first pixel last: others may share its place. */
.macro store_words
    cv.sw a6, (s3), 4
    cv.sw a5, (s2), 4
    cv.sw a4, (s1), 4
    cv.sw a2, (s0), 4
.endm

/* All groups in the narrow form, whose results `more` goes on with in so many `instructions`. */
.macro narrow_groups n, m, table, fours, whole, half, instructions=0, more
    loop1 t5, 4 * (12 + \whole * (5 * \fours + 2) + \half * (5 * (\fours / 2) + 1)) + \instructions + 4
        .rept 4
            entries \n, \m, \fours, \whole, \half
            .if \half && \fours == 2
            narrow_results t4, t3
            .else
            narrow_results t3, t4
            .endif
        .endr
        \more
        store_words
    j .Lreturn_\n\()_\m\table
.endm

/* All groups in the other forms: the same loop for each channel. */
.macro other_groups n, m, table, fours, whole, half
.Lchannel\@:
    entries \n, \m, \fours, \whole, \half
    .if \half && \fours == 2
    other_results t4, t3
    .else
    other_results t3, t4
    .endif
    addi t5, t5, -1
    andi t0, t5, 3
    bnez t0, .Lchannel\@
    .ifnb \table
    look_up_words
    .else
    to_limits
    .endif
    store_words
    bnez t5, .Lchannel\@
    j .Lreturn_\n\()_\m\table
.endm

/* All groups in any form: which one t0 and t1 say, being 0 for the narrow one and for int8. */
.macro groups n, m, table, fours, whole, half
    bnez t0, .Lother\@
    .ifnb \table
    narrow_groups \n, \m, \table, \fours, \whole, \half, 40, look_up_words
    .else
    bnez t1, .Llimits\@
    narrow_groups \n, \m, , \fours, \whole, \half
.Llimits\@:
    narrow_groups \n, \m, , \fours, \whole, \half, 8, to_limits
    .endif
.Lother\@:
    slli t5, t5, 2
    other_groups \n, \m, \table, \fours, \whole, \half
.endm

/* The function, or with `table` the one that looks each result up. */
.macro one_gather_mac n, m, table, fours
begin_function nmcu_word_gather_mac_\n\()_\m\table
    addi sp, sp, -48
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
        sw s\i, 4 * \i(sp)
    .endr
    lw a7, MAC_X(a0)
    lw s0, MAC_Y(a0)
    lw s1, MAC_Y+4(a0)
    lw s2, MAC_Y+8(a0)
    lw s3, MAC_Y+12(a0)
    lw a3, MAC_WEIGHTS(a0)
    lw t5, MAC_GROUPS(a0)
    lw t6, MAC_CHUNKS(a0)
    lw t2, MAC_HALF(a0)
    .ifnb \table
    lw s4, MAC_TABLE(a0)
    .else
    lw s4, MAC_LO(a0)
    lw s5, MAC_HI(a0)
    .endif
    lw t0, MAC_FORM(a0)
    lw s7, MAC_ZERO_POINT(a0)
    li s6, 1
    .ifb \table
    sub t1, s5, s4
    addi t1, t1, -255
    .endif
    addi s9, t0, -REQUANTIZE_MIXED
    slli s7, s7, 1
    addi s7, s7, 1
    .rept 4
        nm.acc.push zero, zero
    .endr
    beqz t6, .Lhalf\@
    bnez t2, .Lboth\@
    groups \n, \m, \table, \fours, 1, 0
.Lboth\@:
    groups \n, \m, \table, \fours, 1, 1
.Lhalf\@:
    groups \n, \m, \table, \fours, 0, 1
.Lreturn_\n\()_\m\table:
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
        lw s\i, 4 * \i(sp)
    .endr
    addi sp, sp, 48
    ret
end_function nmcu_word_gather_mac_\n\()_\m\table
.endm

.macro gather_mac n, m, fours
one_gather_mac \n, \m, , \fours
one_gather_mac \n, \m, _table, \fours
.endm

gather_mac 1, 4, 4
gather_mac 2, 4, 4
gather_mac 1, 8, 2
gather_mac 2, 8, 2
gather_mac 4, 8, 2
gather_mac 1, 16, 2
gather_mac 2, 16, 2
gather_mac 4, 16, 2
gather_mac 8, 16, 2
