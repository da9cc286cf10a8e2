/* nmcu_byte_gather_mac: one output channel of one token (prototype: byte_gather_mac.h).
 *
 * Inner loop, M = 8 and 16: 11 instructions, 11 cycles, 8 MACs (1.375 cycles/MAC): 8 gathers, 2 loads of weights, 1 of
 * offsets; M = 4: 21 for 16 (1.31 cycles/MAC). Weights and offsets are loaded behind the last gather that reads the old
 * ones: behind the last step these are the first words of the constants.
 *
 *   a0  block   a1  next block of inputs   a2  next word of weights and offsets   a3  steps   a4  sum
 *   a5  next output byte   a6  records   a7  input   t2  offsets   t3 t4  weights   t5 t6  hi, lo
 */
#include "nmcu_gmac.h"
#include "records.inc"

.macro four m, weights, first
    nm.gmacbi.m\m \weights, a1, t2, \first
    nm.gmacbi.m\m \weights, a1, t2, \first + 1
    nm.gmacbi.m\m \weights, a1, t2, \first + 2
    nm.gmacbi.m\m \weights, a1, t2, \first + 3
.endm

/* A word of offsets. */
.macro step m
    four \m, t3, 0
    cv.lw t3, (a2), 4
    four \m, t4, 4
    .if \m == 4
    cv.lw t4, (a2), 4
    four \m, t3, 8
    cv.lw t3, (a2), 4
    four \m, t4, 12
    .endif
    cv.lw t2, (a2), 4
    cv.lw t4, (a2), 4
.endm

/* All entries of a channel: the first accumulator is its sum without the bias, and t3, t2, t4 are the next words. */
.macro reduce m
    cv.lw t3, (a2), 4
    cv.lw t2, (a2), 4
    cv.lw t4, (a2), 4
    mv a1, a7
    .if \m == 4
    loop0 a3, 21
        step \m
    .else
    loop0 a3, 11
        step \m
    .endif
.endm

/* The narrow form: 10 cycles for a channel beside its loop. */
.macro narrow_channels m
    .if \m == 4
    loop1 a6, 31
    .else
    loop1 a6, 21
    .endif
        reduce \m
        nm.acc.scale a4, t3, t2
        sra a4, a4, t4
        to_range a4, t6, t5
        cv.sb a4, (a5), 1
    ret
.endm

/* Any other form, whose record has a bias. */
.macro other_channels m
.Lchannel\@:
    reduce \m
    nm.acc.push a4, zero
    addi a2, a2, -8
    add a4, a4, t3
    records_requantize a4
    cv.sb a4, (a5), 1
    addi a6, a6, -1
    bnez a6, .Lchannel\@
    ret
.endm

begin_function nmcu_byte_gather_mac
    lw a7, RECORDS_X(a0)
    lw a5, RECORDS_Y(a0)
    lw a2, RECORDS_WEIGHTS(a0)
    lw a6, RECORDS_RECORDS(a0)
    lw a3, RECORDS_STEPS(a0)
    lw t0, RECORDS_M(a0)
    lw t1, RECORDS_FORM(a0)
    lw t6, RECORDS_LO(a0)
    lw t5, RECORDS_HI(a0)
    li t2, 8
    nm.acc.push zero, zero
    nm.acc.push zero, zero
    nm.acc.push zero, zero
    nm.acc.push zero, zero
    bnez t1, .Lother
    beq t0, t2, .Lnarrow8
    bgt t0, t2, .Lnarrow16
    narrow_channels 4
.Lnarrow8:
    narrow_channels 8
.Lnarrow16:
    narrow_channels 16
.Lother:
    beq t0, t2, .Lother8
    bgt t0, t2, .Lother16
    other_channels 4
.Lother8:
    other_channels 8
.Lother16:
    other_channels 16
end_function nmcu_byte_gather_mac
