/* nmcu_planes and nmcu_planes_fill for plain RV32IM (prototypes: depthwise.h).
 *
 * Planes: 44 cycles for four pixels of four channels, a load and a store for each byte.
 */
#include "depthwise_layouts.h"
#include "scalar.inc"

/* Pixel `i` of the next ones: x at a1, planes at t0-t3, step of x in a2. */
.macro split i
    lb t4, 0(a1)
    lb t5, 1(a1)
    lb t6, 2(a1)
    lb a7, 3(a1)
    add a1, a1, a2
    sb t4, \i(t0)
    sb t5, \i(t1)
    sb t6, \i(t2)
    sb a7, \i(t3)
.endm

.macro next_pixels count
    addi t0, t0, \count
    addi t1, t1, \count
    addi t2, t2, \count
    addi t3, t3, \count
.endm

begin_scalar_function nmcu_planes
/* a0  arguments   a3  lines to do   a4  plane 0   a5  end of the line   a6  first pixel of the line   s0  groups to do
 * s1 s2  the next group's plane 0 and first pixel */
    addi sp, sp, -16
    sw s0, 0(sp)
    sw s1, 4(sp)
    sw s2, 8(sp)
    lw s0, PLANES_GROUPS(a0)
    lw s1, PLANES_PLANES(a0)
    lw s2, PLANES_X(a0)
    lw a2, PLANES_X_STEP(a0)
.Lgroup:
    lw t4, PLANES_PLANE_BYTES(a0)
    lw a3, PLANES_LINES(a0)
    mv a4, s1
    mv a6, s2
    slli t4, t4, 2
    add s1, s1, t4
    addi s2, s2, 4
.Lline:
    lw t4, PLANES_PLANE_BYTES(a0)
    lw a5, PLANES_EXTENT(a0)
    mv t0, a4
    mv a1, a6
    add t1, t0, t4
    add t2, t1, t4
    add t3, t2, t4
    add a5, a5, t0
    addi t4, t0, 4
    bltu a5, t4, .Lrest
    .balign 4
.Lfour:
    .irp i, 0, 1, 2, 3
        split \i
    .endr
    next_pixels 4
    addi t4, t0, 4
    bgeu a5, t4, .Lfour
.Lrest:
    beq t0, a5, .Lline_done
.Lpixel:
    split 0
    next_pixels 1
    bne t0, a5, .Lpixel
.Lline_done:
    lw t4, PLANES_BEHIND(a0)
    beqz t4, .Lnext_line
    lb t5, PLANES_PAD(a0)
    add a5, a5, t4
.Lbehind:
    sb t5, 0(t0)
    sb t5, 0(t1)
    sb t5, 0(t2)
    sb t5, 0(t3)
    next_pixels 1
    bne t0, a5, .Lbehind
.Lnext_line:
    lw t4, PLANES_LINE_BYTES(a0)
    lw t5, PLANES_X_LINE(a0)
    addi a3, a3, -1
    add a4, a4, t4
    add a6, a6, t5
    bnez a3, .Lline
    addi s0, s0, -1
    bnez s0, .Lgroup
    lw s0, 0(sp)
    lw s1, 4(sp)
    lw s2, 8(sp)
    addi sp, sp, 16
    ret
end_function nmcu_planes

/* a0  next plane   a1  value in every byte   a2  bytes   a3  planes   a4  step to the next one   t0  next word */
begin_scalar_function nmcu_planes_fill
    andi a1, a1, 255
    slli t0, a1, 8
    or a1, a1, t0
    slli t0, a1, 16
    or a1, a1, t0
    slli a2, a2, 2
.Lplane:
    mv t0, a0
    add t1, a0, a2
    andi t2, a2, -16
    add t2, t2, a0
    beq t0, t2, .Lwords
.Lfour_words:
    sw a1, 0(t0)
    sw a1, 4(t0)
    sw a1, 8(t0)
    sw a1, 12(t0)
    addi t0, t0, 16
    bne t0, t2, .Lfour_words
.Lwords:
    beq t0, t1, .Lfilled
.Lword:
    sw a1, 0(t0)
    addi t0, t0, 4
    bne t0, t1, .Lword
.Lfilled:
    addi a3, a3, -1
    add a0, a0, a4
    bnez a3, .Lplane
    ret
end_function nmcu_planes_fill
