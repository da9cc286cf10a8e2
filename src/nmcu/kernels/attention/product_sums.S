#include "block.inc"

/* nmcu_product_sums: 8 instructions, 8 cycles for a word of each of four rows.
 *
 *   a0 a5 a6 a7  next word of each row    a1 pitch    a2 words    a3 scale    a4 where the sums go
 *   t0-t3 words, then sums    s0-s3 sums    t5 0x01010101
 */
begin_function nmcu_product_sums
    addi sp, sp, -16
    sw s0, 0(sp)
    sw s1, 4(sp)
    sw s2, 8(sp)
    sw s3, 12(sp)
    li t5, 0x01010101
    add a5, a0, a1
    add a6, a5, a1
    add a7, a6, a1
    li s0, 0
    li s1, 0
    li s2, 0
    li s3, 0
    loop0 a2, 8
        cv.lw t0, (a0), 4
        cv.lw t1, (a5), 4
        cv.lw t2, (a6), 4
        cv.lw t3, (a7), 4
        cv.sdotsp.b s0, t0, t5
        cv.sdotsp.b s1, t1, t5
        cv.sdotsp.b s2, t2, t5
        cv.sdotsp.b s3, t3, t5
    mul s0, s0, a3
    mul s1, s1, a3
    mul s2, s2, a3
    mul s3, s3, a3
    sw s0, 0(a4)
    sw s1, 4(a4)
    sw s2, 8(a4)
    sw s3, 12(a4)
    lw s0, 0(sp)
    lw s1, 4(sp)
    lw s2, 8(sp)
    lw s3, 12(sp)
    addi sp, sp, 16
    ret
end_function nmcu_product_sums
