#include "product_sums.inc"

/* nmcu_product_sums: 8 instructions, 8 cycles for a word of each of four rows.
 *
 *   a0 a5 a6 a7  next word of each row    a1 pitch    a2 words    a3 scale    a4 where the sums go
 *   t0-t3 words, then sums    s0-s3 sums    t5 0x01010101
 */
begin_function nmcu_product_sums
    begin_sums
    add a5, a0, a1
    add a6, a5, a1
    add a7, a6, a1
    loop0 a2, 8
        cv.lw t0, (a0), 4
        cv.lw t1, (a5), 4
        cv.lw t2, (a6), 4
        cv.lw t3, (a7), 4
        sum_bytes t0, t1, t2, t3
    mul s0, s0, a3
    mul s1, s1, a3
    mul s2, s2, a3
    mul s3, s3, a3
    end_sums a4, s0, s1, s2, s3
end_function nmcu_product_sums
