/* Packing one operand of a product for gmac (prototypes: product.h): a word of four outputs for each position. */
#include "block.inc"
#include "nmcu_gmac.h"
#include "transpose.inc"

/* What each output starts with, at a0, of `words` times four positions behind it. Uses t0-t4. */
.macro finish_pack words, scale, constant
    .rept 4
        nm.acc.push zero, zero
    .endr
    beqz \scale, .Lsummed\@
    li t0, 0x01010101
    addi t1, a0, 16
    loop0 \words, 4
        nm.gmaci.m1 t0, t1, 0
        nm.gmaci.m1 t0, t1, 0
        nm.gmaci.m1 t0, t1, 0
        nm.gmaci.m1 t0, t1, 0
.Lsummed\@:
    nm.acc.scale t0, \scale, \constant
    nm.acc.scale t1, \scale, \constant
    nm.acc.scale t2, \scale, \constant
    nm.acc.scale t3, \scale, \constant
    sw t0, 0(a0)
    sw t1, 4(a0)
    sw t2, 8(a0)
    sw t3, 12(a0)
.endm

/* nmcu_product_pack_rows: 18 instructions, 18 cycles for a word of each of four rows: 4 loads, 10 to transpose, 4
 * stores; 4 more for sums.
 *
 *   a0 group    a1 a7 t6 s0  next word of each row    a2 pitch    a3 words    a4 scale    s1 constant
 *   t0-t4 words being transposed    t5 next packed word    a5 a6 masks
 */
begin_function nmcu_product_pack_rows
    addi sp, sp, -16
    sw s0, 0(sp)
    sw s1, 4(sp)
    mv s1, a5
    add a7, a1, a2
    add t6, a7, a2
    add s0, t6, a2
    addi t5, a0, 16
    transpose_masks
    loop0 a3, 18
        cv.lw t2, (a1), 4
        cv.lw t4, (a7), 4
        cv.lw t1, (t6), 4
        cv.lw t3, (s0), 4
        transpose t1, t2, t3, t4, t0
        cv.sw t2, (t5), 4
        cv.sw t3, (t5), 4
        cv.sw t0, (t5), 4
        cv.sw t4, (t5), 4
    finish_pack a3, a4, s1
    lw s0, 0(sp)
    lw s1, 4(sp)
    addi sp, sp, 16
    ret
end_function nmcu_product_pack_rows

/* nmcu_product_pack_columns: 8 instructions, 8 cycles for four rows of four columns; 4 more for sums.
 *
 *   a0 group    a1 next row    a2 pitch    a3 words    a4 scale    a5 constant    t0-t3 rows    t4 next packed word
 */
begin_function nmcu_product_pack_columns
    addi t4, a0, 16
    loop0 a3, 8
        cv.lw t0, (a1), a2
        cv.lw t1, (a1), a2
        cv.lw t2, (a1), a2
        cv.lw t3, (a1), a2
        cv.sw t0, (t4), 4
        cv.sw t1, (t4), 4
        cv.sw t2, (t4), 4
        cv.sw t3, (t4), 4
    finish_pack a3, a4, a5
    ret
end_function nmcu_product_pack_columns
