/* Four outputs by four rows or by one, with gmac (prototypes and argument: product.h).
 *
 * A word of `packed` is one position of the reduction for four outputs: a row's byte is the weight of these four
 * "pixels". Inner loop: 10 instructions, 10 cycles for eight positions of four outputs (0.3125 cycles/MAC), 6 for an
 * odd word. A row's four results take 11 more in the narrow form, 20 or 23 in the mixed one with a narrow channel; in
 * other forms, with limits or where rows start their accumulators about 20 more. Up to two words behind the last row
 * are read.
 *
 *   a0  block   a1  next position   a2  next word of the row   a3  row 0   a4  y   a5  y_pitch   a6  shift
 *   a7  the group's positions   t3 t4  words of the row   t6  pairs of words   s11  odd word   s10  rows
 *   s0-s3  what is added to the outputs' sums times s4: what they start with times s4, and s5   t0 t1 t5  temporary
 *   ra  multiplier, s8  limit, s9  rounding behind the clipped or the wide product   s7  groups left
 *   s6  y of the next group less y_pitch   t1 rows left, t2 next row's start where the rows are not one hardware loop
 */
#include "attention_layouts.h"
#include "block.inc"
#include "nmcu_gmac.h"

#define PRODUCT_OUTPUTS_START 1 /* NMCU_OUTPUTS_START (product.h) */

.macro gather_four weights
    nm.gmaci.m1 \weights, a1, 0
    nm.gmaci.m1 \weights, a1, 1
    nm.gmaci.m1 \weights, a1, 2
    nm.gmaci.m1 \weights, a1, 3
.endm

.macro whole_words
    loop0 t6, 10
        gather_four t3
        cv.lw t3, (a2), 4
        gather_four t4
        cv.lw t4, (a2), 4
.endm

.macro odd_word
    gather_four t3
    mv t3, t4
    cv.lw t4, (a2), 4
.endm

/* A row's results in t5: 8 instructions. */
.macro narrow_results
    nm.acc.scale t0, s4, s0
    nm.pack.b t5, t0, a6
    nm.acc.scale t0, s4, s1
    nm.pack.b t5, t0, a6
    nm.acc.scale t0, s4, s2
    nm.pack.b t5, t0, a6
    nm.acc.scale t0, s4, s3
    nm.pack.b t5, t0, a6
.endm

/* The same by `product`, of sums that `clip` 1 limits: 16 instructions, 20 with limits. */
.macro long_results product, clip
    .irp start, s0, s1, s2, s3
        nm.acc.scale t0, s4, \start
        .if \clip
        cv.clipr t0, t0, s8
        .endif
        \product t0, t0, ra
        add t0, t0, s9
        nm.pack.b t5, t0, a6
    .endr
.endm

/* The same of sums that nothing is added to: limited, they are accumulators once more. 17 instructions. */
.macro clipped_results
    nm.acc.push t0, zero
    cv.clipr t0, t0, s8
    nm.acc.push t1, t0
    cv.clipr t1, t1, s8
    nm.acc.push t0, t1
    cv.clipr t0, t0, s8
    nm.acc.push t1, t0
    cv.clipr t1, t1, s8
    nm.acc.push zero, t1
    .rept 4
        nm.acc.scale t0, ra, s9
        nm.pack.b t5, t0, a6
    .endr
.endm

/* A group begins: what is added to its sums, the first words of row 0. */
.macro begin_group
    cv.lw t0, (a7), 4
    cv.lw t1, (a7), 4
    cv.lw t2, (a7), 4
    cv.lw t5, (a7), 4
    mv s0, s5
    mv s1, s5
    mv s2, s5
    mv s3, s5
    cv.mac s0, t0, s4
    cv.mac s1, t1, s4
    cv.mac s2, t2, s4
    cv.mac s3, t5, s4
    mv a2, a3
    cv.lw t3, (a2), 4
    cv.lw t4, (a2), 4
.endm

/* The next group begins at `label`, or all are done. */
.macro next_product_group label
    addi s7, s7, -1
    mv a7, a1
    add a4, a4, s6
    bnez s7, \label
    j .Ldone
.endm

/* All groups, whose `results` take so many `instructions` for a row. */
.macro groups whole, half, instructions, results:vararg
.Lgroup\@:
    begin_group
    loop1 s10, 1 + 11 * \whole + 6 * \half + \instructions + 1
        mv a1, a7
        .if \whole
        whole_words
        .endif
        .if \half
        odd_word
        .endif
        \results
        cv.sw t5, (a4), a5
    next_product_group .Lgroup\@
.endm

/* The same, by the number of words. */
.macro groups_of_words results:vararg
    beqz t6, .Lhalf\@
    bnez s11, .Lboth\@
    groups 1, 0, \results
.Lboth\@:
    groups 1, 1, \results
.Lhalf\@:
    groups 0, 1, \results
.endm

/* All groups, each row with a start of its own, within limits. */
.macro started_groups results:vararg
.Lgroup\@:
    begin_group
    mv t1, s10
    addi t2, a0, PRODUCT_START
.Lrow\@:
    cv.lw t0, (t2), 4
    mv a1, a7
    nm.acc.push zero, t0
    nm.acc.push zero, t0
    nm.acc.push zero, t0
    nm.acc.push zero, t0
    beqz t6, .Lodd\@
    whole_words
    beqz s11, .Lsummed\@
.Lodd\@:
    odd_word
.Lsummed\@:
    \results
    lw t0, PRODUCT_LO(a0)
    addi t1, t1, -1
    cv.max.sc.b t5, t5, t0
    lw t0, PRODUCT_HI(a0)
    nop
    cv.min.sc.b t5, t5, t0
    cv.sw t5, (a4), a5
    bnez t1, .Lrow\@
    next_product_group .Lgroup\@
.endm

begin_function nmcu_product_4x4
    save_registers
    li s10, 4
.Lproduct:
    lw s11, PRODUCT_WORDS(a0)
    lw a3, PRODUCT_X(a0)
    lw a4, PRODUCT_Y(a0)
    lw a5, PRODUCT_Y_PITCH(a0)
    lw a6, PRODUCT_SHIFT(a0)
    lw a7, PRODUCT_PACKED(a0)
    lw s7, PRODUCT_GROUPS(a0)
    lw ra, PRODUCT_MULTIPLIER(a0)
    lw s9, PRODUCT_ROUND(a0)
    lw t0, PRODUCT_FORM(a0)
    srli t6, s11, 1
    andi s11, s11, 1
    li s6, 4
    cv.msu s6, s10, a5
    .rept 4
        nm.acc.push zero, zero
    .endr
    mv s4, ra
    mv s5, s9
    lw t1, PRODUCT_STARTS(a0)
    lw t2, PRODUCT_CLAMPED(a0)
    addi t1, t1, -PRODUCT_OUTPUTS_START
    bgtz t1, .Lstarted
    bnez t2, .Lstarted
    bnez t0, .Lother
    groups_of_words 8, narrow_results
.Lstarted:
    bnez t0, .Lother
    started_groups narrow_results

.Lother:
    li s4, 1
    li s5, 0
    addi t0, t0, -REQUANTIZE_MIXED
    bnez t0, .Lwide
    mv s8, s9
    lw s9, PRODUCT_ZERO_POINT(a0)
    addi t0, a6, -1
    slli s9, s9, 1
    addi s9, s9, 1
    sll s9, s9, t0
    bltz a6, .Lwide_channel
    bgtz t1, .Lmixed_started
    bnez t2, .Lmixed_started
    beqz t1, .Lmixed_from_outputs
    groups_of_words 17, clipped_results
.Lmixed_from_outputs:
    groups_of_words 20, long_results mul, 1
.Lmixed_started:
    started_groups long_results mul, 1
.Lwide_channel:
    started_groups long_results mulh, 1
.Lwide:
    started_groups long_results mulh, 0

.Ldone:
    restore_registers
    ret
end_function nmcu_product_4x4

begin_function nmcu_product_4x1
    save_registers
    li s10, 1
    j .Lproduct
end_function nmcu_product_4x1
