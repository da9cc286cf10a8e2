/* nmcu_product_4x4: four outputs by four rows (prototype and argument: product.h).
 *
 * Inner loop: 24 instructions, 24 cycles, 64 MACs (0.375 cycles/MAC): 4 + 4 loads, 16 dot products.
 *
 *   a0         block            a1 a2 a3 ra   next word of rows 0 to 3
 *   t6         next packed word t0 t1 t2 t3   words of outputs 0 to 3      t4 t5   words of even and odd rows
 *   s0-s3, s4-s7, s8-s11, a4-a7   accumulators of outputs 0 to 3 for row 0, 1, 2, 3
 */
#include "attention_layouts.h"
#include "block.inc"

/* Accumulators of one row: what the outputs start with, in t0-t3, and what the row adds. */
.macro start_row p, c0, c1, c2, c3
    lw t4, PRODUCT_START + 4 * \p(a0)
    nop
    add \c0, t0, t4
    add \c1, t1, t4
    add \c2, t2, t4
    add \c3, t3, t4
.endm

begin_function nmcu_product_4x4
    save_registers
    keep_outputs PRODUCT_GROUPS, PRODUCT_Y
    lw t6, PRODUCT_PACKED(a0)

.Lgroup:
    cv.lw t0, (t6), 4
    cv.lw t1, (t6), 4
    cv.lw t2, (t6), 4
    cv.lw t3, (t6), 4
    start_row 0, s0, s1, s2, s3
    start_row 1, s4, s5, s6, s7
    start_row 2, s8, s9, s10, s11
    start_row 3, a4, a5, a6, a7
    lw t4, PRODUCT_WORDS(a0)
    lw a1, PRODUCT_X(a0)
    lw a2, PRODUCT_X+4(a0)
    lw a3, PRODUCT_X+8(a0)
    lw ra, PRODUCT_X+12(a0)
    loop0 t4, 24
        dot_4x4

    lw t5, PRODUCT_FORM(a0)
    lw t0, PRODUCT_MULTIPLIER(a0)
    lw t1, PRODUCT_ROUND(a0)
    lw t2, PRODUCT_SHIFT(a0)
    lw t3, PRODUCT_LO(a0)
    lw t4, PRODUCT_HI(a0)
    bnez t5, .Lwide
    scale mul, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
.Lstore:
    store_pixel 0, s0, s1, s2, s3
    store_pixel 1, s4, s5, s6, s7
    store_pixel 2, s8, s9, s10, s11
    store_pixel 3, a4, a5, a6, a7
    next_group .Lgroup
.Lwide:
    scale mulh, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
    j .Lstore
end_function nmcu_product_4x4
