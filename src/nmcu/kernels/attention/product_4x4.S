/* Four outputs by four rows or by one (prototypes and argument: product.h). */
#include "attention_layouts.h"
#include "block.inc"

/* Accumulators become results, limited, but not yet to int8. Uses t0-t3, t5. */
.macro requantise accs:vararg
    lw t5, PRODUCT_FORM(a0)
    lw t0, PRODUCT_MULTIPLIER(a0)
    lw t1, PRODUCT_ROUND(a0)
    lw t2, PRODUCT_SHIFT(a0)
    lw t3, PRODUCT_CLAMPED(a0)
    bnez t5, .Lother_form\@
    .irp acc, \accs
        mul \acc, \acc, t0
    .endr
.Lround\@:
    .irp acc, \accs
        cv.addnr \acc, t1, t2
    .endr
.Lscaled\@:
    bnez t3, .Lclamp\@
.Lrequantised\@:
    .subsection 1
.Lclamp\@:
    lw t0, PRODUCT_LO(a0)
    lw t1, PRODUCT_HI(a0)
    .irp acc, \accs
        to_range \acc, t0, t1
    .endr
    j .Lrequantised\@
.Lother_form\@:
    addi t5, t5, -REQUANTIZE_MIXED
    beqz t5, .Lmixed\@
    .irp acc, \accs
        mulh \acc, \acc, t0
    .endr
    j .Lround\@
.Lmixed\@:
    .irp acc, \accs
        cv.clipr \acc, \acc, t1
    .endr
    lw t1, PRODUCT_ZERO_POINT(a0)
    bltz t2, .Lwide\@
    .irp acc, \accs
        mul \acc, \acc, t0
    .endr
.Lmixed_round\@:
    sll t1, t1, t2
    .irp acc, \accs
        cv.addrnr \acc, t1, t2
    .endr
    j .Lscaled\@
.Lwide\@:
    .irp acc, \accs
        mulh \acc, \acc, t0
    .endr
    j .Lmixed_round\@
    .subsection 0
.endm

/* nmcu_product_4x4. Inner loop: 24 instructions, 24 cycles, 64 MACs (0.375 cycles/MAC): 4 + 4 loads, 16 dot products.
 * A group takes 83 cycles more in the narrow form where accumulators start at zero: then the first dot products start
 * them.
 *
 *   a0         block            a1 a2 a3 ra   next word of rows 0 to 3
 *   t6         next packed word t0 t1 t2 t3   words of outputs 0 to 3      t4 t5   words of even and odd rows
 *   s0-s3, s4-s7, s8-s11, a4-a7   accumulators of outputs 0 to 3 for row 0, 1, 2, 3
 */
#define PRODUCT_OUTPUTS_START 1 /* NMCU_OUTPUTS_START (product.h) */
#define FRAME_END FRAME_Y + 4   /* of the packed groups */
#define FRAME_ROWS FRAME_Y + 8  /* rows 1 to 3 */
#define FRAME_BACK FRAME_Y + 20 /* from the last row of a group's outputs to the first one of the next group's */

/* Accumulators of one row: what the outputs start with, in t0-t3. */
.macro start_row c0, c1, c2, c3
    mv \c0, t0
    mv \c1, t1
    mv \c2, t2
    mv \c3, t3
.endm

/* The same and what row `p` adds. */
.macro start_row_at p, c0, c1, c2, c3
    lw t4, PRODUCT_START + 4 * \p(a0)
    nop
    add \c0, t0, t4
    add \c1, t1, t4
    add \c2, t2, t4
    add \c3, t3, t4
.endm

begin_function nmcu_product_4x4
    save_registers
    lw t0, PRODUCT_X(a0)
    lw t1, PRODUCT_X_PITCH(a0)
    lw t6, PRODUCT_PACKED(a0)
    lw t2, PRODUCT_WORDS(a0)
    lw t3, PRODUCT_GROUPS(a0)
    lw t4, PRODUCT_Y(a0)
    lw t5, PRODUCT_Y_PITCH(a0)
    add t0, t0, t1
    sw t0, FRAME_ROWS(sp)
    add t0, t0, t1
    sw t0, FRAME_ROWS+4(sp)
    add t0, t0, t1
    sw t0, FRAME_ROWS+8(sp)
    addi t2, t2, 1
    slli t2, t2, 4
    mul t2, t2, t3
    add t2, t2, t6
    sw t2, FRAME_END(sp)
    sw t4, FRAME_Y(sp)
    li t0, 4
    li t1, 3
    cv.msu t0, t1, t5
    sw t0, FRAME_BACK(sp)

.Lgroup:
    lw t4, PRODUCT_STARTS(a0)
    lw a1, PRODUCT_X(a0)
    lw a2, FRAME_ROWS(sp)
    lw a3, FRAME_ROWS+4(sp)
    lw ra, FRAME_ROWS+8(sp)
    bnez t4, .Lstart
    addi t6, t6, 16
    dot_4x4 cv.dotsp.b, lw t4, PRODUCT_WORDS(a0)
    addi t4, t4, -1
    beqz t4, .Lsummed
.Lwords:
    loop0 t4, 24
        dot_4x4
.Lsummed:
    requantise s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
    lw t5, FRAME_Y(sp)
    lw t4, PRODUCT_Y_PITCH(a0)
    lw t3, FRAME_BACK(sp)
    lw t0, FRAME_END(sp)
    clip_and_pack s0, s1, s2, s3
    clip_and_pack s4, s5, s6, s7
    clip_and_pack s8, s9, s10, s11
    clip_and_pack a4, a5, a6, a7
    cv.sw s0, (t5), t4
    cv.sw s4, (t5), t4
    cv.sw s8, (t5), t4
    cv.sw a4, (t5), t3
    sw t5, FRAME_Y(sp)
    bne t6, t0, .Lgroup
    restore_registers
    ret
    .subsection 1
.Lstart:
    lw t5, PRODUCT_STARTS(a0)
    cv.lw t0, (t6), 4
    cv.lw t1, (t6), 4
    cv.lw t2, (t6), 4
    cv.lw t3, (t6), 4
    lw t4, PRODUCT_WORDS(a0)
    addi t5, t5, -PRODUCT_OUTPUTS_START
    bnez t5, .Lstart_rows
    start_row s0, s1, s2, s3
    start_row s4, s5, s6, s7
    start_row s8, s9, s10, s11
    start_row a4, a5, a6, a7
    j .Lwords
.Lstart_rows:
    start_row_at 0, s0, s1, s2, s3
    start_row_at 1, s4, s5, s6, s7
    start_row_at 2, s8, s9, s10, s11
    start_row_at 3, a4, a5, a6, a7
    lw t4, PRODUCT_WORDS(a0)
    j .Lwords
    .subsection 0
end_function nmcu_product_4x4

/* nmcu_product_4x1. Inner loop: 9 instructions, 9 cycles, 16 MACs.
 *
 *   a0  block    a1  next word of the row    a2  y    a3  end of the packed groups    t6  next packed word
 *   t0-t3  words of outputs 0 to 3    t4  word of the row    a4-a7  accumulators
 */
begin_function nmcu_product_4x1
    lw t0, PRODUCT_WORDS(a0)
    lw t1, PRODUCT_GROUPS(a0)
    lw t6, PRODUCT_PACKED(a0)
    lw a2, PRODUCT_Y(a0)
    addi t0, t0, 1
    slli t0, t0, 4
    mul a3, t0, t1
    add a3, a3, t6
.Lgroup_of_one:
    lw t5, PRODUCT_START(a0)
    cv.lw a4, (t6), 4
    cv.lw a5, (t6), 4
    cv.lw a6, (t6), 4
    cv.lw a7, (t6), 4
    lw t4, PRODUCT_WORDS(a0)
    lw a1, PRODUCT_X(a0)
    add a4, a4, t5
    add a5, a5, t5
    add a6, a6, t5
    add a7, a7, t5
    loop0 t4, 9
        dot_4x1 t6, a4, a5, a6, a7
    requantise a4, a5, a6, a7
    clip_and_pack a4, a5, a6, a7
    cv.sw a4, (a2), 4
    bne t6, a3, .Lgroup_of_one
    ret
end_function nmcu_product_4x1
