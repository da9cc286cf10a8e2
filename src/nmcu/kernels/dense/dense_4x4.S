/* nmcu_dense_4x4: four output channels by four pixels (prototype: dense.h, arguments: block.h).
 *
 * Inner loop: 24 instructions, 24 cycles, 64 MACs (0.375 cycles/MAC): 4 + 4 loads, 16 dot products. A block of a window
 * that is one run takes 89 cycles more in the narrow form and 121 where products are split: all blocks of pixels follow
 * one another for a group, the first dot products start the accumulators, and a result that is all of int8 needs no
 * clamp but the clip to 8 bits. Of a single pixel a word takes 9 cycles.
 *
 *   a0         block            a1 a2 a3 ra   next input word of pixels 0 to 3
 *   t6         next weight      t0 t1 t2 t3   weights of channels 0 to 3      t4 t5   input of even and odd pixels
 *   s0-s3, s4-s7, s8-s11, a4-a7   accumulators of channels 0 to 3 for pixel 0, 1, 2, 3
 */
#include "block.inc"
#include "conv_layouts.h"

/* Frame: that of block.inc, whose outputs are the first of the present group (FRAME_Y) and where it ends; behind it */
#define FRAME_END FRAME_Y + 4
#define FRAME_LO FRAME_Y + 8  /* limits of the results, in every byte */
#define FRAME_TABLE FRAME_LO  /* where they are looked up: its entry of 0 */
#define FRAME_HI FRAME_Y + 12
#define FRAME_BLOCK 80          /* nmcu_block_t */
#define FRAME_PITCH 84          /* from a pixel's output to the next one's */
#define FRAME_STEP 88           /* from the end of a block's windows to the start of the next one's */
#define FRAME_CLAMPED 92        /* 0: results are all of int8 */
#define FRAME_WEIGHTS 96        /* of the group behind the present one */
#define FRAME_WORDS 100         /* of a segment */
#define FRAME_FIRST_WORDS 104   /* of the only segment, behind its first one; of one of several, less than 0: all */
#define FRAME_MORE_SEGMENTS 108 /* behind the first one */
#define FRAME_FIRST_JUMP 112
#define FRAME_ZERO_POINT 116
#define FRAME_FORM 120 /* RESIDUALS: in the mixed form, with residuals */
#define DENSE_FRAME 128

#define SPLIT_BITS 9 /* as in nmcu.graph.requant */
#define SPLIT_CLAMPED -64 /* split.py: GROUP4_SPLIT is the shift more than this, or less than this with residuals */
#define RESIDUALS REQUANTIZE_MIXED + 1

/* Scale the accumulators of channel `c` of four pixels: of the group at t6. The narrow form has its bias in `round`. */
.macro scale_narrow c, accs:vararg
    lw t0, CHANNELS_MULTIPLIER + 4 * \c(t6)
    lw t2, CHANNELS_SHIFT + 4 * \c(t6)
    lw t1, CHANNELS_ROUND + 4 * \c(t6)
    .irp acc, \accs
        mul \acc, \acc, t0
    .endr
    .irp acc, \accs
        cv.addnr \acc, t1, t2
    .endr
.endm

.macro scale_wide c, accs:vararg
    lw t0, CHANNELS_MULTIPLIER + 4 * \c(t6)
    lw t3, CHANNELS_BIAS + 4 * \c(t6)
    lw t2, CHANNELS_SHIFT + 4 * \c(t6)
    lw t1, CHANNELS_ROUND + 4 * \c(t6)
    .irp acc, \accs
        add \acc, \acc, t3
        mulh \acc, \acc, t0
        cv.addnr \acc, t1, t2
    .endr
.endm

/* The mixed form: `round` holds the limit, the sign of the shift says whether the channel is wide. */
.macro scale_either c, accs:vararg
    lw t3, CHANNELS_BIAS + 4 * \c(t6)
    lw t1, CHANNELS_ROUND + 4 * \c(t6)
    lw t2, CHANNELS_SHIFT + 4 * \c(t6)
    lw t0, CHANNELS_MULTIPLIER + 4 * \c(t6)
    .irp acc, \accs
        add \acc, \acc, t3
    .endr
    lw t3, FRAME_ZERO_POINT(sp)
    .irp acc, \accs
        cv.clipr \acc, \acc, t1
    .endr
    sll t1, t3, t2
    bltz t2, .Lwide_channel\@
    .irp acc, \accs
        mul \acc, \acc, t0
    .endr
.Lround\@:
    .irp acc, \accs
        cv.addrnr \acc, t1, t2
    .endr
    .subsection 1
.Lwide_channel\@:
    .irp acc, \accs
        mulh \acc, \acc, t0
    .endr
    j .Lround\@
    .previous
.endm

/* The same where products take more than 32 bits (nmcu_group4_t), shifted by t0 at the end; limited to int8. */
.macro scale_split c, accs:vararg
    lh t2, GROUP4_LOW + 2 * \c(t6)
    lhu t3, GROUP4_LOW_START + 2 * \c(t6)
    lw t1, GROUP4_HIGH + 4 * \c(t6)
    lw t4, GROUP4_START + 4 * \c(t6)
    .irp acc, \accs
        mul t5, \acc, t2
        cv.addn t5, t5, t3, SPLIT_BITS
        cv.mac t5, \acc, t1
        cv.addnr t5, t4, t0
        cv.clip \acc, t5, 8
    .endr
.endm

/* Four pixels at a0, t1 bytes apart; on with the next block at `label` unless that was the last one, behind which is
 * t2. */
.macro store_pixels label
    cv.sw s0, (a0), t1
    cv.sw s4, (a0), t1
    cv.sw s8, (a0), t1
    cv.sw a4, (a0), t1
    bne a0, t2, \label
.endm

/* All channels in two products. */
.macro split_all
    scale_split 0, s0, s4, s8, a4
    scale_split 1, s1, s5, s9, a5
    scale_split 2, s2, s6, s10, a6
    scale_split 3, s3, s7, s11, a7
.endm

/* All results, packed by `pack`, which in functions of a `table` are looked up before; t1, t2 as store_pixels takes
 * them. Uses t3. */
.macro pack_all pack, table
    .ifnb \table
    lw t3, FRAME_TABLE(sp)
    .endif
    lw t1, FRAME_PITCH(sp)
    lw t2, FRAME_END(sp)
    .ifnb \table
    look_up t3, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
    .endif
    \pack s0, s1, s2, s3
    \pack s4, s5, s6, s7
    \pack s8, s9, s10, s11
    \pack a4, a5, a6, a7
.endm

/* The function, or with `table` the one that looks each result up. */
.macro dense_4x4 table
begin_function nmcu_dense_4x4\table
    save_registers DENSE_FRAME
    lw t0, BLOCK_SEGMENTS(a0)
    lw t1, BLOCK_JUMPS(a0)
    lw t2, BLOCK_X_STEP(a0)
    lw t3, BLOCK_SEGMENT_WORDS(a0)
    sw a0, FRAME_BLOCK(sp)
    sw t1, FRAME_FIRST_JUMP(sp)
    slli t4, t0, 2
    add t1, t1, t4
    lw t1, -4(t1)
    add t2, t2, t1
    sw t2, FRAME_STEP(sp)
    sw t3, FRAME_WORDS(sp)
    addi t0, t0, -1
    addi t4, t3, -1
    sw t0, FRAME_MORE_SEGMENTS(sp)
    beqz t0, .Lone_segment\@
    neg t4, t3
.Lone_segment\@:
    sw t4, FRAME_FIRST_WORDS(sp)
    lw t0, BLOCK_GROUPS(a0)
    lw t1, BLOCK_Y(a0)
    lw t2, BLOCK_Y_PITCH(a0)
    lw t3, BLOCK_BLOCKS(a0)
    lw t4, BLOCK_ZERO_POINT(a0)
    lw t5, BLOCK_FORM(a0)
    sw t0, FRAME_GROUPS(sp)
    sw t1, FRAME_Y(sp)
    sw t2, FRAME_PITCH(sp)
    mul t3, t3, t2
    sw t4, FRAME_ZERO_POINT(sp)
    sw t5, FRAME_FORM(sp)
    slli t3, t3, 2
    add t3, t3, t1
    sw t3, FRAME_END(sp)
    .ifnb \table
    lw t4, BLOCK_TABLE(a0)
    lw t6, BLOCK_WEIGHTS(a0)
    sw t4, FRAME_TABLE(sp)
    .else
    lw t4, BLOCK_ADD(a0)
    lw t0, BLOCK_LO(a0)
    lw t1, BLOCK_HI(a0)
    lw t6, BLOCK_WEIGHTS(a0)
    bnez t4, .Lwith_residuals\@
.Llimits\@:
    sub t2, t1, t0
    addi t2, t2, -255
    li t3, 0x01010101
    andi t0, t0, 255
    andi t1, t1, 255
    mul t0, t0, t3
    mul t1, t1, t3
    sw t2, FRAME_CLAMPED(sp)
    sw t0, FRAME_LO(sp)
    sw t1, FRAME_HI(sp)
    .endif

.Lgroup\@:
    lw t0, FRAME_BLOCK(sp)
    lw a0, FRAME_Y(sp)
    lw t1, BLOCK_SINGLE(t0)
    lw a1, BLOCK_X(t0)
    lw a2, BLOCK_X+4(t0)
    lw a3, BLOCK_X+8(t0)
    lw ra, BLOCK_X+12(t0)
    sw t6, FRAME_CHANNELS(sp)
    bnez t1, .Lsingle\@

.Lblock\@:
    addi t6, t6, GROUP4_SIZE
    dot_4x4 cv.dotsp.b, lw t4, FRAME_FIRST_WORDS(sp)
    blez t4, .Lfirst_of_several\@
    loop0 t4, 24
        dot_4x4
.Lsummed\@:
    sw t6, FRAME_WEIGHTS(sp)
    lw t6, FRAME_CHANNELS(sp)
    lw t4, FRAME_STEP(sp)
    lw t0, GROUP4_SPLIT(t6)
    add a1, a1, t4
    add a2, a2, t4
    add a3, a3, t4
    add ra, ra, t4
    blez t0, .Lnot_split\@
    split_all
    pack_all pack_four, \table
    store_pixels .Lblock\@
.Lnext_group\@:
    lw t0, FRAME_GROUPS(sp)
    lw t1, FRAME_Y(sp)
    lw t6, FRAME_WEIGHTS(sp)
    addi t0, t0, -1
    addi t1, t1, 4
    addi t2, t2, 4
    sw t0, FRAME_GROUPS(sp)
    sw t1, FRAME_Y(sp)
    sw t2, FRAME_END(sp)
    bnez t0, .Lgroup\@
    restore_registers DENSE_FRAME
    ret
.Lnot_split\@:
    bltz t0, .Lnot_narrow\@
    scale_narrow 0, s0, s4, s8, a4
    scale_narrow 1, s1, s5, s9, a5
    scale_narrow 2, s2, s6, s10, a6
    scale_narrow 3, s3, s7, s11, a7
.Lscaled\@:
    .ifnb \table
    .irp result, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
        cv.clip \result, \result, 8
    .endr
    pack_all pack_four, \table
    store_pixels .Lblock\@
    j .Lnext_group\@
.Lnot_narrow\@:
    .else
    lw t4, FRAME_CLAMPED(sp)
    pack_all clip_and_pack
    bnez t4, .Lclamp\@
    store_pixels .Lblock\@
    j .Lnext_group\@
.Lnot_narrow\@:
    addi t0, t0, -SPLIT_CLAMPED
    blez t0, .Lother_form\@
    split_all
    pack_all pack_four
.Lclamp\@:
    lw t3, FRAME_LO(sp)
    lw t4, FRAME_HI(sp)
    .irp pixel, s0, s4, s8, a4
        cv.max.b \pixel, \pixel, t3
        cv.min.b \pixel, \pixel, t4
    .endr
    store_pixels .Lblock\@
    j .Lnext_group\@
    .endif

.Lother_form\@:
    lw t0, FRAME_FORM(sp)
    nop
    addi t0, t0, -REQUANTIZE_MIXED
    beqz t0, .Lmixed\@
    .ifb \table
    bgtz t0, .Lscale_and_add\@
    .endif
    scale_wide 0, s0, s4, s8, a4
    scale_wide 1, s1, s5, s9, a5
    scale_wide 2, s2, s6, s10, a6
    scale_wide 3, s3, s7, s11, a7
    j .Lscaled\@
.Lmixed\@:
    scale_either 0, s0, s4, s8, a4
    scale_either 1, s1, s5, s9, a5
    scale_either 2, s2, s6, s10, a6
    scale_either 3, s3, s7, s11, a7
    j .Lscaled\@

    .ifb \table
.Lwith_residuals\@:
    li t5, RESIDUALS
    lw t0, ADD_LO(t4)
    lw t1, ADD_HI(t4)
    sw t5, FRAME_FORM(sp)
    j .Llimits\@
.Lscale_and_add\@:
    lw t0, GROUP4_SPLIT(t6)
    nop
    addi t0, t0, -SPLIT_CLAMPED
    beqz t0, .Lscale_either_and_add\@
    split_all
    lw t5, FRAME_BLOCK(sp)
    j .Ladd\@
.Lscale_either_and_add\@:
    scale_either 0, s0, s4, s8, a4
    scale_either 1, s1, s5, s9, a5
    scale_either 2, s2, s6, s10, a6
    scale_either 3, s3, s7, s11, a7
    lw t5, FRAME_BLOCK(sp)
    nop
    lw t1, BLOCK_HI(t5)
    nop
    .irp result, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
        cv.clipr \result, \result, t1
    .endr
.Ladd\@:
    lw t2, BLOCK_RESIDUAL(t5)
    lw t0, BLOCK_ADD(t5)
    lw t4, FRAME_PITCH(sp)
    lw t1, ADD_MULTIPLIER_A(t0)
    lw t3, ADD_MULTIPLIER_B(t0)
    add t2, t2, a0
    .irp result, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
        mul \result, \result, t1
    .endr
    cv.lw t1, (t2), t4
    cv.lw t6, (t2), t4
    add_residuals t3, t5, t1, s0, s1, s2, s3
    cv.lw t1, (t2), t4
    add_residuals t3, t5, t6, s4, s5, s6, s7
    cv.lw t6, (t2), t4
    add_residuals t3, t5, t1, s8, s9, s10, s11
    lw t2, ADD_SHIFT(t0)
    lw t1, ADD_ROUND(t0)
    add_residuals t3, t5, t6, a4, a5, a6, a7
    lw t6, FRAME_CHANNELS(sp)
    .irp result, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, a4, a5, a6, a7
        cv.addnr \result, t1, t2
    .endr
    j .Lscaled\@
    .endif

.Lsingle\@:
    lw t5, FRAME_WORDS(sp)
    addi t6, t6, GROUP4_SIZE
    .irp acc, s0, s1, s2, s3
        li \acc, 0
    .endr
    loop0 t5, 9
        dot_4x1 t6, s0, s1, s2, s3
    sw t6, FRAME_WEIGHTS(sp)
    lw t6, FRAME_CHANNELS(sp)
    nop
    lw t0, GROUP4_SPLIT(t6)
    nop
    blez t0, .Lnot_split\@
    scale_split 0, s0
    scale_split 1, s1
    scale_split 2, s2
    scale_split 3, s3
    .ifnb \table
    lw t3, FRAME_TABLE(sp)
    .endif
    lw t2, FRAME_END(sp)
    .ifnb \table
    look_up t3, s0, s1, s2, s3
    .endif
    pack_four s0, s1, s2, s3
    sw s0, 0(a0)
    j .Lnext_group\@

.Lfirst_of_several\@:
    beqz t4, .Lsummed\@
    not t4, t4
    beqz t4, .Lsegments\@
    loop0 t4, 24
        dot_4x4
.Lsegments\@:
    lw t0, FRAME_FIRST_JUMP(sp)
    lw t5, FRAME_MORE_SEGMENTS(sp)
    lw t4, FRAME_WORDS(sp)
    loop1 t5, 33
        cv.lw t1, (t0), 4
        sw t0, FRAME_JUMP(sp)
        add a1, a1, t1
        add a2, a2, t1
        add a3, a3, t1
        add ra, ra, t1
        loop0 t4, 24
            dot_4x4
        lw t0, FRAME_JUMP(sp)
        lw t4, FRAME_WORDS(sp)
    j .Lsummed\@
end_function nmcu_dense_4x4\table
.endm

dense_4x4
dense_4x4 _table
