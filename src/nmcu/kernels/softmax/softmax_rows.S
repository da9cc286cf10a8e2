/* nmcu_softmax_rows: softmax of rows (prototype and parameters: softmax.h).
 *
 * Three passes over a row: its maximum, eight values at a time (4 instructions); the sum T of exponentials, four values
 * at a time (13 instructions, 13 cycles); the shares, four at a time (36 instructions, 37 cycles).
 *
 * A share is q = floor(n / T + 1/2) for a numerator n of at most 2^31. With 2^L <= T < 2^(L+1), Th the upper 16 bits of
 * T's L + 1 and R = floor(2^31 / (Th + 1)), the estimate (n >> 16) * R / 2^L is at most n / T, and less by at most
 * 2^(16-L) + n / T * 2^-14. That is below 1 if L is 18 or more: then what the estimate rounds to is q or q - 1, and
 * the sign of n less it times T, less T / 2, says which. Where L is less, each share is divided.
 *
 *   a1  y    a2  x    a3  exponentials, then numerators, of value 0    a4  T    a5  T / 2    a6  L    a7  R * 2^16
 *   s0-s3  4 in each byte: with them dot products make indices    s4  tables    s5 s6  words, values behind them
 *   s7  rows    s8  zero point + 1 in each byte    s9  126 - zero point in each half    s10  bytes of two pairs
 *   s11  31
 *   t4  word    t0-t3  indices, table entries, remainders    t5 t6 a0 ra  shares
 */
#include "block.inc"
#include "softmax_layouts.h"

#define FRAME_WIDTH FRAME_Y
#define LEAST_BITS 18

/* Four values in t4 as indices. */
.macro four_indices
    cv.dotsp.b t0, t4, s0
    cv.dotsp.b t1, t4, s1
    cv.dotsp.b t2, t4, s2
    cv.dotsp.b t3, t4, s3
.endm

/* What is at these indices from a3. */
.macro look_up_four
    cv.lw t0, t0(a3)
    cv.lw t1, t1(a3)
    cv.lw t2, t2(a3)
    cv.lw t3, t3(a3)
.endm

begin_function nmcu_softmax_rows
    save_registers
    lw t0, SOFTMAX_WIDTH(a0)
    lw s4, SOFTMAX_TABLES(a0)
    lw t1, SOFTMAX_ZERO_POINT(a0)
    sw t0, FRAME_WIDTH(sp)
    mv s7, a3
    srli s5, t0, 2
    andi s6, t0, 3
    li s0, 0x4
    li s1, 0x400
    li s2, 0x40000
    li s3, 0x4000000
    li s11, 31
    li s10, 0x06040200
    li t2, 0x01010101
    addi s8, t1, 1
    andi s8, s8, 255
    mul s8, s8, t2
    li s9, 126
    sub s9, s9, t1
    cv.pack s9, s9, s9

.Lrow:
    lw t2, FRAME_WIDTH(sp)
    li t0, 0x80808080
    mv t5, a2
    mv t4, t0
    srli t1, t2, 3
    beqz t1, .Lnarrow
    loop0 t1, 4
        cv.lw t3, (t5), 4
        cv.max.b t0, t0, t4
        cv.lw t4, (t5), 4
        cv.max.b t0, t0, t3
    add t2, t2, a2
    lw t3, -8(t2)
    lw t5, -4(t2)
    cv.max.b t0, t0, t4
    cv.max.b t0, t0, t3
    cv.max.b t0, t0, t5
    cv.extract t3, t0, 7, 0
    cv.extract t4, t0, 7, 8
    cv.max t3, t3, t4
    cv.extract t4, t0, 7, 16
    srai t0, t0, 24
    cv.max t0, t0, t4
    cv.max t0, t0, t3
.Lsum:
    /* value x is at index 255 - top + x */
    li t1, 255
    sub t1, t1, t0
    slli t1, t1, 2
    add a3, s4, t1
    mv t5, a2
    li a4, 0
    li t3, 0
    beqz s5, .Lsum_rest
    loop0 s5, 13
        cv.lw t4, (t5), 4
        add a4, a4, t3
        four_indices
        look_up_four
        add a4, a4, t0
        add a4, a4, t1
        add a4, a4, t2
    add a4, a4, t3
.Lsum_rest:
    beqz s6, .Lshares
    loop0 s6, 6
        cv.lb t0, (t5), 1
        nop
        slli t0, t0, 2
        cv.lw t0, t0(a3)
        nop
        add a4, a4, t0
.Lshares:
    cv.fl1 a6, a4
    addi t0, a6, -15
    srl t0, a4, t0
    addi t0, t0, 1
    lui t1, 0x80000
    divu a7, t1, t0
    srli a5, a4, 1
    sub a5, a4, a5
    slli a7, a7, 16
    addi a3, a3, 1024
    addi t0, a6, -LEAST_BITS
    bltz t0, .Ldivide
    beqz s5, .Lshares_rest
    loop0 s5, 37
        cv.lw t4, (a2), 4
        nop
        four_indices
        look_up_four
        cv.mulhhun t5, t0, a7, 0
        cv.mulhhun t6, t1, a7, 0
        cv.mulhhun a0, t2, a7, 0
        cv.mulhhun ra, t3, a7, 0
        cv.addurnr t5, zero, a6
        cv.addurnr t6, zero, a6
        cv.addurnr a0, zero, a6
        cv.addurnr ra, zero, a6
        cv.msu t0, t5, a4
        cv.msu t1, t6, a4
        cv.msu t2, a0, a4
        cv.msu t3, ra, a4
        cv.subnr t0, a5, s11
        cv.subnr t1, a5, s11
        cv.subnr t2, a5, s11
        cv.subnr t3, a5, s11
        add t5, t5, t0
        add t6, t6, t1
        add a0, a0, t2
        add ra, ra, t3
        cv.pack t5, t6, t5
        cv.pack a0, ra, a0
        cv.min.h t5, t5, s9
        cv.min.h a0, a0, s9
        cv.shuffle2.b t5, a0, s10
        cv.add.b t5, t5, s8
        cv.sw t5, (a1), 4
.Lshares_rest:
    beqz s6, .Lnext_row
    loop0 s6, 13
        cv.lb t0, (a2), 1
        nop
        slli t0, t0, 2
        cv.lw t0, t0(a3)
        nop
        cv.mulhhun t5, t0, a7, 0
        cv.addurnr t5, zero, a6
        cv.msu t0, t5, a4
        cv.subnr t0, a5, s11
        add t5, t5, t0
        cv.min.h t5, t5, s9
        add t5, t5, s8
        cv.sb t5, (a1), 1
.Lnext_row:
    addi s7, s7, -1
    bnez s7, .Lrow
    restore_registers
    ret

    .subsection 1
.Lnarrow:
    loop0 t2, 3
        cv.lb t3, (t5), 1
        nop
        cv.max.b t0, t0, t3
    slli t0, t0, 24
    srai t0, t0, 24
    j .Lsum
.Ldivide:
    lw t2, FRAME_WIDTH(sp)
    srli t4, a4, 1
    cv.exths t5, s9
    addi t5, t5, 1
    addi t6, s8, -1
    loop0 t2, 10
        cv.lb t0, (a2), 1
        nop
        slli t0, t0, 2
        cv.lw t0, t0(a3)
        nop
        add t0, t0, t4
        divu t0, t0, a4
        cv.minu t0, t0, t5
        add t0, t0, t6
        cv.sb t0, (a1), 1
    j .Lnext_row
    .subsection 0
end_function nmcu_softmax_rows
