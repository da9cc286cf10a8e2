/* nmcu_planes: four channels of NHWC pixels into four planes (prototype and arguments: depthwise.h).
 *
 * Inner loop: 18 instructions for 4 pixels x 4 channels: 4 loads, a 4x4 byte transpose, 4 stores; 18 cycles, 22 where
 * the planes are not aligned. The last block reads a line's last pixel again and again instead of reading behind it,
 * and what it writes behind the line is replaced by padding. Both loops are hardware loops.
 *
 *   a0-a3  next word of plane 0 to 3    a4  line    a5  step to the next pixel    a6  step to the next line
 *   a7  lines    t5  next pixel    t0-t4  pixels    t6  blocks but the last    s0  steps of the planes at line ends
 *   s1 s2 s3  steps to the last block's pixels 1, 2, 3    s4 s5  shuffles that pick even and odd bytes
 *   s6  from the next line's first byte back behind this line    s7  padding in every byte    s8  groups
 *   s9 s10  the group's plane 0 and first line    s11  bytes of a plane
 */
#include "block.inc"
#include "depthwise_layouts.h"

.macro transpose
    cv.pack t0, t3, t1          /* c1 c0 a1 a0 of the pixels a, b, c, d */
    cv.pack.h t1, t3, t1        /* c3 c2 a3 a2 */
    cv.pack t3, t4, t2          /* d1 d0 b1 b0 */
    cv.pack.h t4, t4, t2        /* d3 d2 b3 b2 */
    mv t2, t3
    cv.shuffle2.b t2, t0, s4    /* d0 c0 b0 a0 */
    cv.shuffle2.b t3, t0, s5    /* d1 c1 b1 a1 */
    mv t0, t4
    cv.shuffle2.b t0, t1, s4
    cv.shuffle2.b t4, t1, s5
.endm

/* 22 instructions. */
.macro last_block
    cv.lw t1, (t5), s1
    cv.lw t2, (t5), s2
    cv.lw t3, (t5), s3
    lw t4, 0(t5)
    transpose
    cv.sw t2, (a0), s0
    cv.sw t3, (a1), s0
    cv.sw t0, (a2), s0
    cv.sw t4, (a3), s0
    cv.sw s7, s6(a0)
    cv.sw s7, s6(a1)
    cv.sw s7, s6(a2)
    cv.sw s7, s6(a3)
.endm

begin_function nmcu_planes
    addi sp, sp, -48
    sw s0, 0(sp)
    sw s1, 4(sp)
    sw s2, 8(sp)
    sw s3, 12(sp)
    sw s4, 16(sp)
    sw s5, 20(sp)
    sw s6, 24(sp)
    sw s7, 28(sp)
    sw s8, 32(sp)
    sw s9, 36(sp)
    sw s10, 40(sp)
    sw s11, 44(sp)
    lw s10, PLANES_X(a0)
    lw a5, PLANES_X_STEP(a0)
    lw a6, PLANES_X_LINE(a0)
    lw t0, PLANES_EXTENT(a0)
    lw a7, PLANES_LINES(a0)
    lw s0, PLANES_LINE_BYTES(a0)
    lw s11, PLANES_PLANE_BYTES(a0)
    lbu s7, PLANES_PAD(a0)
    lw s8, PLANES_GROUPS(a0)
    lw s9, PLANES_PLANES(a0)
    sub s6, t0, s0
    li t3, 0x01010101
    mul s7, s7, t3
    addi t0, t0, -1
    andi t2, t0, 3          /* pixels of the last block, less one */
    srli t6, t0, 2
    slli t0, t6, 2
    sub s0, s0, t0
    slti s1, t2, 1
    slti s2, t2, 2
    slti s3, t2, 3
    addi s1, s1, -1
    addi s2, s2, -1
    addi s3, s3, -1
    and s1, s1, a5
    and s2, s2, a5
    and s3, s3, a5
    li s4, 0x02060004
    li s5, 0x03070105
.Lgroup:
    mv a0, s9
    mv a4, s10
    add a1, a0, s11
    add a2, a1, s11
    add a3, a2, s11
    add s9, a3, s11
    addi s10, s10, 4
    addi s8, s8, -1
    beqz t6, .Lshort_lines
    loop1 a7, 43
        mv t5, a4
        add a4, a4, a6
        loop0 t6, 18
            cv.lw t1, (t5), a5
            cv.lw t2, (t5), a5
            cv.lw t3, (t5), a5
            cv.lw t4, (t5), a5
            transpose
            cv.sw t2, (a0), 4
            cv.sw t3, (a1), 4
            cv.sw t0, (a2), 4
            cv.sw t4, (a3), 4
        last_block
    bnez s8, .Lgroup
    j .Ldone
.Lshort_lines:
    loop1 a7, 24
        mv t5, a4
        add a4, a4, a6
        last_block
    bnez s8, .Lgroup
.Ldone:
    lw s0, 0(sp)
    lw s1, 4(sp)
    lw s2, 8(sp)
    lw s3, 12(sp)
    lw s4, 16(sp)
    lw s5, 20(sp)
    lw s6, 24(sp)
    lw s7, 28(sp)
    lw s8, 32(sp)
    lw s9, 36(sp)
    lw s10, 40(sp)
    lw s11, 44(sp)
    addi sp, sp, 48
    ret
    .size nmcu_planes, . - nmcu_planes

/* nmcu_planes_fill: one word a cycle, 8 to 16 cycles for each plane besides.
 *
 *   a0  next plane    a1  value in every byte    a2  words but the last few    a3  planes    a4  step to the next one
 *   a5  last words    t0  next word
 */
    .section .text.nmcu_planes_fill, "ax", @progbits
    .globl nmcu_planes_fill
    .type nmcu_planes_fill, @function
    .balign 4
nmcu_planes_fill:
    andi a1, a1, 255
    li t1, 0x01010101
    mul a1, a1, t1
    andi a5, a2, 3
    srli a2, a2, 2
.Lplane:
    mv t0, a0
    beqz a2, .Lrest
    loop0 a2, 4
        cv.sw a1, (t0), 4
        cv.sw a1, (t0), 4
        cv.sw a1, (t0), 4
        cv.sw a1, (t0), 4
.Lrest:
    addi t1, a5, -2
    bltz t1, .Lat_most_one
    cv.sw a1, (t0), 4
    cv.sw a1, (t0), 4
    beqz t1, .Lfilled
.Lone:
    cv.sw a1, (t0), 4
.Lfilled:
    addi a3, a3, -1
    add a0, a0, a4
    bnez a3, .Lplane
    ret
.Lat_most_one:
    bnez a5, .Lone
    j .Lfilled
end_function nmcu_planes_fill
