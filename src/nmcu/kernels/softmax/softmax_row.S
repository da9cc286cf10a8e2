/* nmcu_softmax_row: softmax of one row (prototype and parameters: softmax.h).
 *
 * Three passes: the maximum, four values at a time; the sum of exponentials, two at a time (8 instructions, 8 cycles);
 * the shares, two at a time (22 instructions, 30 cycles). The division by the total is a multiplication by its
 * reciprocal r = (2^32 - 1) / total, which is at most one too small: numerators are below 0.75 * 2^32.
 *
 *   a0 op    a1 y    a2 x    a3 width    a4 exponentials, then numerators, of value 0    a5 x again    a6 total, r
 *   a7 zero point and 1    t0 t3 t6  values    t1 t4  pairs of indices    t2  total    t5  total / 2
 */
#include "block.inc"
#include "softmax_layouts.h"

begin_function nmcu_softmax_row
    lw a3, SOFTMAX_WIDTH(a0)
    lw a4, SOFTMAX_TABLES(a0)
    lw a7, SOFTMAX_ZERO_POINT(a0)
    mv a5, a2
    srli t1, a3, 2
    andi t2, a3, 3
    li t0, 0x80808080
    beqz t1, .Lmaximum_rest
    loop0 t1, 3
        cv.lw t3, (a5), 4
        nop
        cv.max.b t0, t0, t3
.Lmaximum_rest:
    cv.extract t3, t0, 7, 0
    cv.extract t4, t0, 7, 8
    cv.max t3, t3, t4
    cv.extract t4, t0, 7, 16
    srai t0, t0, 24
    cv.max t0, t0, t4
    cv.max t0, t0, t3
    beqz t2, .Lsum
    loop0 t2, 3
        cv.lb t3, (a5), 1
        nop
        cv.max t0, t0, t3
.Lsum:
    /* value x is at index 255 - top + x */
    li t1, 255
    sub t1, t1, t0
    slli t1, t1, 2
    add a4, a4, t1
    mv a5, a2
    li a6, 0
    srli t1, a3, 1
    andi t2, a3, 1
    beqz t1, .Lsum_rest
    loop0 t1, 8
        cv.lb t0, (a5), 1
        cv.lb t3, (a5), 1
        slli t0, t0, 2
        slli t3, t3, 2
        cv.lw t0, t0(a4)
        cv.lw t3, t3(a4)
        add a6, a6, t0
        add a6, a6, t3
.Lsum_rest:
    beqz t2, .Lshares
    lb t0, 0(a5)
    slli t0, t0, 2
    add t0, t0, a4
    lw t0, 0(t0)
    add a6, a6, t0
.Lshares:
    mv t2, a6
    srli t5, t2, 1
    li t0, -1
    divu a6, t0, t2
    addi a4, a4, 1024
    addi a7, a7, 1
    beqz t1, .Lshares_rest
    loop0 t1, 22
        cv.lb t0, (a2), 1
        cv.lb t3, (a2), 1
        slli t0, t0, 2
        slli t3, t3, 2
        cv.lw t0, t0(a4)
        cv.lw t3, t3(a4)
        add t0, t0, t5
        add t3, t3, t5
        mulhu t4, t0, a6
        mulhu t6, t3, a6
        cv.msu t0, t4, t2
        cv.msu t3, t6, t2
        sltu t0, t0, t2
        sltu t3, t3, t2
        sub t4, t4, t0
        sub t6, t6, t3
        add t4, t4, a7
        add t6, t6, a7
        cv.clip t4, t4, 8
        cv.clip t6, t6, 8
        cv.sb t4, (a1), 1
        cv.sb t6, (a1), 1
.Lshares_rest:
    andi t1, a3, 1
    beqz t1, .Ldone
    lb t0, 0(a2)
    slli t0, t0, 2
    add t0, t0, a4
    lw t0, 0(t0)
    add t0, t0, t5
    mulhu t4, t0, a6
    cv.msu t0, t4, t2
    sltu t0, t0, t2
    sub t4, t4, t0
    add t4, t4, a7
    cv.clip t4, t4, 8
    sb t4, 0(a1)
.Ldone:
    ret
end_function nmcu_softmax_row
