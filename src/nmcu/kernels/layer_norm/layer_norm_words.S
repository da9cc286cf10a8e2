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
        cv.clip t0, t0, 8
        cv.clip t1, t1, 8
        cv.clip t2, t2, 8
        cv.clip t3, t3, 8
        cv.packlo.b t0, t1, t0
        cv.packhi.b t0, t3, t2
        cv.sw t0, (a1), 4
    lw s0, 0(sp)
    addi sp, sp, 16
    ret
end_function nmcu_layer_norm_words

/* nmcu_layer_norm_sums: 4 instructions, 4 cycles for four values.
 *
 *   a0 x    a1 words    a2 where the sums go    t0 word    t1 0x01010101    t2 sum    t3 sum of squares
 */
begin_function nmcu_layer_norm_sums
    li t1, 0x01010101
    li t2, 0
    li t3, 0
    loop0 a1, 4
        cv.lw t0, (a0), 4
        nop
        cv.sdotsp.b t2, t0, t1
        cv.sdotsp.b t3, t0, t0
    sw t2, 0(a2)
    sw t3, 4(a2)
    ret
end_function nmcu_layer_norm_sums
