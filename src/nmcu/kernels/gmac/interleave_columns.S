/* nmcu_interleave_columns (prototype: gmac.h): 14 instructions and cycles for four channels of four pixels, and 4 for
 * each copy.
 *
 *   a1 a2 a3 a4  next input word of pixels 0 to 3    a0 a7 t6  next output word of each copy    t5  words
 *   s0 s1  from the end of a column to the next one's start: of pixels, of copies    s2  columns
 *   a5 a6  shuffle masks    t0-t4  four words being transposed
 */
#include "block.inc"
#include "gmac_layouts.h"
#include "transpose.inc"

.macro store copies, words:vararg
    .irp word, \words
        cv.sw \word, (a0), 4
        .if \copies > 1
        cv.sw \word, (a7), 4
        .endif
        .if \copies > 2
        cv.sw \word, (t6), 4
        .endif
    .endr
.endm

.macro interleave copies
    loop1 s2, 1 + 14 + 4 * \copies + 4 + \copies
        loop0 t5, 14 + 4 * \copies
            cv.lw t2, (a1), 4
            cv.lw t4, (a2), 4
            cv.lw t1, (a3), 4
            cv.lw t3, (a4), 4
            transpose t1, t2, t3, t4, t0
            store \copies, t2, t3, t0, t4
        add a1, a1, s0
        add a2, a2, s0
        add a3, a3, s0
        add a4, a4, s0
        .if \copies > 2
        add t6, t6, s1
        .endif
        .if \copies > 1
        add a7, a7, s1
        .endif
        add a0, a0, s1
    j .Lreturn
.endm

begin_function nmcu_interleave_columns
    addi sp, sp, -16
    sw s0, 0(sp)
    sw s1, 4(sp)
    sw s2, 8(sp)
    lw t5, COLUMNS_WORDS(a0)
    lw s0, COLUMNS_PIXEL_STEP(a0)
    lw s1, COLUMNS_TO_STEP(a0)
    lw s2, COLUMNS_ROWS(a0)
    lw a1, COLUMNS_PIXEL(a0)
    lw a2, COLUMNS_PIXEL+4(a0)
    lw a3, COLUMNS_PIXEL+8(a0)
    lw a4, COLUMNS_PIXEL+12(a0)
    lw t0, COLUMNS_COPIES(a0)
    lw a7, COLUMNS_TO+4(a0)
    lw t6, COLUMNS_TO+8(a0)
    lw a0, COLUMNS_TO(a0)
    slli t1, t5, 2
    sub s0, s0, t1
    slli t1, t1, 2
    sub s1, s1, t1
    transpose_masks
    addi t0, t0, -2
    bgtz t0, .Lthree
    beqz t0, .Ltwo
    interleave 1
.Ltwo:
    interleave 2
.Lthree:
    interleave 3
.Lreturn:
    lw s0, 0(sp)
    lw s1, 4(sp)
    lw s2, 8(sp)
    addi sp, sp, 16
    ret
end_function nmcu_interleave_columns
