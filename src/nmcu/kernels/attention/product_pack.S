/* Packing one operand of a product (prototypes: product.h). */
#include "product_sums.inc"

/* What each output starts with, from its sum. */
.macro finish_pack
    mv t0, a5
    mv t1, a5
    mv t2, a5
    mv t3, a5
    cv.mac t0, s0, a4
    cv.mac t1, s1, a4
    cv.mac t2, s2, a4
    cv.mac t3, s3, a4
    end_sums a0, t0, t1, t2, t3
.endm

/* nmcu_product_pack_rows: 12 instructions, 12 cycles for a word of each of four rows: 4 loads, 4 sums, 4 stores.
 *
 *   a0 group    a1 a6 a7 t6  next word of each row    a2 pitch    a3 words    a4 scale    a5 constant
 *   t0-t3 words    s0-s3 sums    t4 next packed word    t5 0x01010101
 */
begin_function nmcu_product_pack_rows
    begin_sums
    add a6, a1, a2
    add a7, a6, a2
    add t6, a7, a2
    addi t4, a0, 16
    loop0 a3, 12
        cv.lw t0, (a1), 4
        cv.lw t1, (a6), 4
        cv.lw t2, (a7), 4
        cv.lw t3, (t6), 4
        sum_bytes t0, t1, t2, t3
        cv.sw t0, (t4), 4
        cv.sw t1, (t4), 4
        cv.sw t2, (t4), 4
        cv.sw t3, (t4), 4
    finish_pack
end_function nmcu_product_pack_rows

/* nmcu_product_pack_columns: 24 instructions, 24 cycles for four rows of four columns: 4 loads, 12 to transpose, 4
 * sums, 4 stores.
 *
 *   a0 group    a1 next row    a2 pitch    a3 words    a4 scale    a5 constant
 *   t0-t3 rows    a7 t6 halves of them    s0-s3 sums    t4 next packed word    t5 0x01010101    a6 mask
 */
begin_function nmcu_product_pack_columns
    begin_sums
    li a6, 0x05010400
    addi t4, a0, 16
    loop0 a3, 24
        cv.lw t0, (a1), a2
        cv.lw t1, (a1), a2
        cv.lw t2, (a1), a2
        cv.lw t3, (a1), a2
        srli a7, t0, 16
        srli t6, t2, 16
        cv.shuffle2.b t0, t1, a6    /* columns 0 and 1 of rows 0 and 1 */
        cv.shuffle2.b t2, t3, a6    /* columns 0 and 1 of rows 2 and 3 */
        srli t1, t1, 16
        srli t3, t3, 16
        cv.shuffle2.b a7, t1, a6    /* columns 2 and 3 of rows 0 and 1 */
        cv.shuffle2.b t6, t3, a6    /* columns 2 and 3 of rows 2 and 3 */
        cv.pack t1, t2, t0
        cv.pack.h t2, t2, t0
        cv.pack t3, t6, a7
        cv.pack.h t6, t6, a7
        sum_bytes t1, t2, t3, t6
        cv.sw t1, (t4), 4
        cv.sw t2, (t4), 4
        cv.sw t3, (t4), 4
        cv.sw t6, (t4), 4
    finish_pack
end_function nmcu_product_pack_columns
