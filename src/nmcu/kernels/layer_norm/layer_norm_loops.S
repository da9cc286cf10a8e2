/* The hot loops of layer normalisation (prototypes: layer_norm.h). */
#include "block.inc"
#include "layer_norm_layouts.h"

/* nmcu_layer_norm_words: four values at a time. Inner loop: 37 instructions, 37 cycles, 4 results (9.25 cycles each).
 *
 *   a0 row, then scale    a1 y    a2 x    a3 words    a4 offset    a5 next channel    a6 norm_shift    a7 shift
 *   t0-t3  values    t4-t6 s0  gamma, then beta
 */
begin_function nmcu_layer_norm_words
    addi sp, sp, -16
    sw s0, 0(sp)
    lw a5, LAYER_NORM_CHANNELS(a0)
    lw a4, LAYER_NORM_OFFSET(a0)
    lw a6, LAYER_NORM_NORM_SHIFT(a0)
    lw a7, LAYER_NORM_SHIFT(a0)
    lw a0, LAYER_NORM_SCALE(a0)
    nop
    loop0 a3, 37
        cv.lw t3, (a2), 4
        lw t4, 0(a5)
        cv.extract t0, t3, 7, 0
        cv.extract t1, t3, 7, 8
        cv.extract t2, t3, 7, 16
        srai t3, t3, 24
        mul t0, t0, a0
        mul t1, t1, a0
        mul t2, t2, a0
        mul t3, t3, a0
        lw t5, 8(a5)
        lw t6, 16(a5)
        lw s0, 24(a5)
        cv.addrnr t0, a4, a6
        cv.addrnr t1, a4, a6
        cv.addrnr t2, a4, a6
        cv.addrnr t3, a4, a6
        mul t0, t0, t4
        mul t1, t1, t5
        mul t2, t2, t6
        mul t3, t3, s0
        lw t4, 4(a5)
        lw t5, 12(a5)
        lw t6, 20(a5)
        lw s0, 28(a5)
        addi a5, a5, 32
        cv.addrnr t0, t4, a7
        cv.addrnr t1, t5, a7
        cv.addrnr t2, t6, a7
        cv.addrnr t3, s0, a7
        clip_and_pack t0, t1, t2, t3
        cv.sw t0, (a1), 4
    lw s0, 0(sp)
    addi sp, sp, 16
    ret
end_function nmcu_layer_norm_words

/* nmcu_layer_norm_columns: four channels of row after row, then the next four. Inner loop: 30 instructions, 30 cycles,
 * 4 results (7.5 cycles each).
 *
 *   a0 next factors    a1 y    a2 x    a3 rows    a4 columns, then scale    a5 pitch    a6 norm_shift    a7 shift
 *   t0-t3  values    t4 offset    t5 next channel    s0-s3 gamma    s4-s7 beta
 *   s8 factors, s9 y and s10 x of a column's first row    s11 columns still to do
 */
begin_function nmcu_layer_norm_columns
    save_registers
    lw t5, LAYER_NORM_COLUMNS_CHANNELS(a0)
    lw a5, LAYER_NORM_COLUMNS_PITCH(a0)
    lw a6, LAYER_NORM_COLUMNS_NORM_SHIFT(a0)
    lw a7, LAYER_NORM_COLUMNS_SHIFT(a0)
    lw s8, LAYER_NORM_COLUMNS_FACTORS(a0)
    mv s9, a1
    mv s10, a2
    mv s11, a4
.Lcolumn:
    cv.lw s0, (t5), 4
    cv.lw s4, (t5), 4
    cv.lw s1, (t5), 4
    cv.lw s5, (t5), 4
    cv.lw s2, (t5), 4
    cv.lw s6, (t5), 4
    cv.lw s3, (t5), 4
    cv.lw s7, (t5), 4
    mv a0, s8
    mv a1, s9
    mv a2, s10
    loop0 a3, 30
        cv.lw t3, (a2), a5
        cv.lw a4, (a0), 4
        cv.lw t4, (a0), 4
        cv.extract t0, t3, 7, 0
        cv.extract t1, t3, 7, 8
        cv.extract t2, t3, 7, 16
        srai t3, t3, 24
        mul t0, t0, a4
        mul t1, t1, a4
        mul t2, t2, a4
        mul t3, t3, a4
        cv.addrnr t0, t4, a6
        cv.addrnr t1, t4, a6
        cv.addrnr t2, t4, a6
        cv.addrnr t3, t4, a6
        mul t0, t0, s0
        mul t1, t1, s1
        mul t2, t2, s2
        mul t3, t3, s3
        cv.addrnr t0, s4, a7
        cv.addrnr t1, s5, a7
        cv.addrnr t2, s6, a7
        cv.addrnr t3, s7, a7
        clip_and_pack t0, t1, t2, t3
        cv.sw t0, (a1), a5
    addi s9, s9, 4
    addi s10, s10, 4
    addi s11, s11, -1
    bnez s11, .Lcolumn
    restore_registers
    ret
end_function nmcu_layer_norm_columns

/* nmcu_layer_norm_sums: 6 instructions, 6 cycles for eight values.
 *
 *   a0 x    a1 words, then the last one of an odd number    a2 where the sums go    a3 pairs of words
 *   t0 t4 words    t1 0x01010101    t2 sum    t3 sum of squares
 */
begin_function nmcu_layer_norm_sums
    li t1, 0x01010101
    li t2, 0
    li t3, 0
    srli a3, a1, 1
    andi a1, a1, 1
    beqz a3, .Llast_word
    loop0 a3, 6
        cv.lw t0, (a0), 4
        cv.lw t4, (a0), 4
        cv.sdotsp.b t2, t0, t1
        cv.sdotsp.b t3, t0, t0
        cv.sdotsp.b t2, t4, t1
        cv.sdotsp.b t3, t4, t4
.Llast_word:
    beqz a1, .Lsummed
    lw t0, 0(a0)
    nop
    cv.sdotsp.b t2, t0, t1
    cv.sdotsp.b t3, t0, t0
.Lsummed:
    sw t2, 0(a2)
    sw t3, 4(a2)
    ret
end_function nmcu_layer_norm_sums
