/* nmcu_activate (prototype: activate.h): one value after the other, 55 to 75 instructions each.
 *
 *   a0  next x   a1  next y   a2  values to do   a3  tanh   a4  bits of the exponential   a5 a6  a quarter, less 1
 *   t0  x   t1  -|x|, exp(-|x|)   t2  its quarters   t3-t6  powers of the rest, Newton's steps
 *   a7  32767   s0-s8  constants
 */
#include "block.inc"
#include "recurrent_layouts.h"

/* rd = rs1 * rs2 / 2^15, rounded half up. */
.macro product15 rd, rs1, rs2
    cv.mulsRN \rd, \rs1, \rs2, 15
.endm

/* Bit `bit` of t2 set: t1 times `factor`. */
.macro power bit, factor
    slli t3, t2, 31 - \bit
    bgez t3, .Lnot\@
    product15 t1, t1, \factor
.Lnot\@:
.endm

.macro newton
    product15 t5, t3, t4
    sub t5, s1, t5
    product15 t5, t4, t5
    slli t5, t5, 2
    add t4, t4, t5
.endm

begin_function nmcu_activate
    save_registers
    lw a1, ACTIVATION_Y(a0)
    lw a2, ACTIVATION_COUNT(a0)
    lw a3, ACTIVATION_TANH(a0)
    lw a4, ACTIVATION_BITS(a0)
    lw a0, ACTIVATION_X(a0)
    sub a4, a4, a3
    li t0, 1 << 13
    srl a5, t0, a4
    addi a6, a5, -1
    li a7, 32767
    li s0, 4096
    li s1, 8192
    li s2, 28918
    li s3, 10923
    li s4, 25520 /* exp(-2^k) from k = -2 on */
    li s5, 19875
    li s6, 12055
    li s7, 4435
    li s8, 600
    li s9, 23130 /* 48 / 17 and -32 / 17 */
    li s10, -15420
    li s11, 11
.Lvalue:
    cv.lh t0, (a0), 2
    beqz t0, .Lzero
    cv.abs t1, t0
    neg t1, t1
    and t3, t1, a6
    sub t3, t3, a5
    sub t2, t3, t1
    sll t3, t3, a4
    add t3, t3, s0
    product15 t4, t3, t3
    sll t2, t2, a4
    product15 t5, t4, t3
    product15 t6, t4, t4
    cv.addRN t6, t6, zero, 2
    add t6, t6, t5
    product15 t6, t6, s3
    add t6, t6, t4
    cv.addRN t6, t6, zero, 1
    add t6, t6, t3
    product15 t1, s2, t6
    add t1, t1, s2
    cv.min t1, t1, a7
    power 13, s4
    power 14, s5
    power 15, s6
    power 16, s7
    power 17, s8
    srli t3, t2, 18
    bnez t3, .Lsmall
.Lexponential:
    cv.addRN t3, t1, a7, 1
    product15 t4, t3, s10
    add t4, t4, s9
    newton
    newton
    newton
    bnez a3, .Ltanh
    slli t4, t4, 1
    cv.min t4, t4, a7
    bgtz t0, .Lstore
    sub t4, a7, t4
.Lstore:
    cv.sh t4, (a1), 2
    addi a2, a2, -1
    bnez a2, .Lvalue
    restore_registers
    ret
.Ltanh:
    sub t4, t4, s1
    slli t4, t4, 2
    cv.min t4, t4, a7
    bgtz t0, .Lstore
    neg t4, t4
    j .Lstore
.Lzero:
    slli t4, s1, 1
    beqz a3, .Lstore
    li t4, 0
    j .Lstore
.Lsmall: /* exp(-8) at most */
    power 18, s11
    srli t3, t2, 19
    beqz t3, .Lexponential
    li t1, 0 /* exp(-16) is 0 in 15 bits */
    j .Lexponential
end_function nmcu_activate
