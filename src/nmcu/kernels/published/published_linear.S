/* nmcu_published_linear: one output channel of one pixel, in software (prototype: published.h).
 *
 * Inner loop, M = 8 and 16: 31 instructions for 8 MACs (3.88 cycles/MAC); M = 4: 61 for 16 (3.81 cycles/MAC).
 *
 *   a0  block   a1  next offsets   a2  next weights   a3  input   s0  accumulator   s2  mask
 *   s3 s4 (s8 s9)  displacements   s7  steps   s11  bytes of offsets   everything else: offsets and bytes
 */
#include "published.inc"

/* Four entries whose offsets are in t2 to t5, weights in t6. */
.macro one_dot
    cv.lbu t2, t2(a3)
    cv.lbu t3, t3(a3)
    cv.lbu t4, t4(a3)
    cv.lbu t5, t5(a3)
    cv.packlo.b ra, t3, t2
    cv.packhi.b ra, t5, t4
    cv.sdotsp.b s0, ra, t6
.endm

begin_function nmcu_published_linear
    records_start
    lw s7, RECORDS_STEPS(a0)
    lw t0, RECORDS_M(a0)
    slli s11, s7, 2
    li t1, 4
    beq t0, t1, .Lm4

    offsets_of_8

.Lchannel:
    cv.lw s0, (a2), 4
    lw a3, RECORDS_X(a0)
    mv a1, a2
    add a2, a2, s11
    loop0 s7, 31
        cv.lw t0, (a1), 4
        cv.lw t6, (a2), 4
        displace_8
        extract_8 0
        one_dot
        cv.lw t6, (a2), 4
        extract_8 1
        one_dot
        add a3, a3, s8
    records_requantize s0
    records_store 0, s0
    next_group .Lchannel

.Lm4:
    offsets_of_4
.Lchannel4:
    cv.lw s0, (a2), 4
    lw a3, RECORDS_X(a0)
    mv a1, a2
    add a2, a2, s11
    loop0 s7, 61
        cv.lw t0, (a1), 4
        cv.lw t6, (a2), 4
        displace_4
        .irp four, 0, 1, 2, 3
            extract_4 \four
            one_dot
            .if \four < 3
                cv.lw t6, (a2), 4
            .endif
        .endr
        addi a3, a3, 64
    records_requantize s0
    records_store 0, s0
    next_group .Lchannel4
end_function nmcu_published_linear
