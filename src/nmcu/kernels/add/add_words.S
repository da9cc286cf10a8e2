/* nmcu_add_words: sum of two int8 tensors, four bytes at a time (prototype: elementwise.h, parameters: add.h).
 *
 * Inner loop: 29 instructions, 29 cycles, 4 results (7.25 cycles each). Each result takes two multiplications, one
 * addition that rounds and shifts (its 2^(shift-1) is taken out of `round`), and a clip to int8; the tighter clamp of
 * a fused activation is applied to the packed word, by two instructions more.
 *
 *   a0  round less 2^(shift-1)    a1  y    a2 a3  next word of a, b    a4  words    a5 a6  multipliers    a7  shift
 *   t0-t3  a, then results    t4-t6 s2  b    s0 s1  lo and hi in every byte
 */
#include "pairs.inc"

.macro add_four limited
    load_pairs
    mul t0, t0, a5
    mul t1, t1, a5
    mul t2, t2, a5
    mul t3, t3, a5
    cv.mac t0, t4, a6
    cv.mac t1, t5, a6
    cv.mac t2, t6, a6
    cv.mac t3, s2, a6
    cv.addrnr t0, a0, a7
    cv.addrnr t1, a0, a7
    cv.addrnr t2, a0, a7
    cv.addrnr t3, a0, a7
    store_results \limited
.endm

begin_function nmcu_add_words
    addi sp, sp, -16
    sw s0, 0(sp)
    sw s1, 4(sp)
    sw s2, 8(sp)
    lw a5, ADD_MULTIPLIER_A(a0)
    lw a6, ADD_MULTIPLIER_B(a0)
    lw t0, ADD_ROUND(a0)
    lw a7, ADD_SHIFT(a0)
    lw s0, ADD_LO(a0)
    lw s1, ADD_HI(a0)
    li t1, 1
    sll t1, t1, a7
    srli t1, t1, 1
    sub a0, t0, t1
    addi t1, s0, 255
    bne t1, s1, .Llimited
    loop0 a4, 29
        add_four limited=0
.Ldone:
    lw s0, 0(sp)
    lw s1, 4(sp)
    lw s2, 8(sp)
    addi sp, sp, 16
    ret
.Llimited:
    spread_limits
    loop0 a4, 31
        add_four limited=1
    j .Ldone
end_function nmcu_add_words
