/* nmcu_published_conv: one output channel by two pixels, in software (prototype: published.h).
 *
 * Inner loop, M = 8 and 16: 46 instructions for 16 MACs (2.88 cycles/MAC); M = 4: 90 for 32 (2.81 cycles/MAC). The
 * offsets of a word are spread to bytes and given their block's displacement four at a time, then extracted one by one;
 * each serves one byte load in each of the two im2col buffers. The source counts about 22 instructions for 8 MACs.
 *
 *   a0  block   a1  next offsets   a2  next weights   a3 a4  im2col buffers of pixels 0 and 1
 *   s0 s1  accumulators   s2  mask   s3 s4 (s8 s9)  displacements   s7  steps   s11  bytes of offsets
 *   everything else: offsets and bytes
 */
#include "published.inc"

/* Four entries whose offsets are in t2 to t5, weights in t6. Uses ra, s5, s6, a5, a6. */
.macro two_dots
    cv.lbu ra, t2(a3)
    cv.lbu s5, t3(a3)
    cv.lbu s6, t4(a3)
    cv.lbu a5, t5(a3)
    cv.lbu t2, t2(a4)
    cv.lbu t3, t3(a4)
    cv.lbu t4, t4(a4)
    cv.lbu t5, t5(a4)
    cv.packlo.b a6, s5, ra
    cv.packhi.b a6, a5, s6
    cv.packlo.b ra, t3, t2
    cv.packhi.b ra, t5, t4
    cv.sdotsp.b s0, a6, t6
    cv.sdotsp.b s1, ra, t6
.endm

begin_function nmcu_published_conv
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
    lw a4, RECORDS_X+4(a0)
    mv a1, a2
    add a2, a2, s11
    mv s1, s0
    loop0 s7, 46
        cv.lw t0, (a1), 4
        cv.lw t6, (a2), 4
        displace_8
        extract_8 0
        two_dots
        cv.lw t6, (a2), 4
        extract_8 1
        two_dots
        add a3, a3, s8
        add a4, a4, s8
    records_requantize s0, s1
    records_store 0, s0
    records_store 1, s1
    next_group .Lchannel

.Lm4:
    offsets_of_4
.Lchannel4:
    cv.lw s0, (a2), 4
    lw a3, RECORDS_X(a0)
    lw a4, RECORDS_X+4(a0)
    mv a1, a2
    add a2, a2, s11
    mv s1, s0
    loop0 s7, 90
        cv.lw t0, (a1), 4
        cv.lw t6, (a2), 4
        displace_4
        .irp four, 0, 1, 2, 3
            extract_4 \four
            two_dots
            .if \four < 3
                cv.lw t6, (a2), 4
            .endif
        .endr
        addi a3, a3, 64
        addi a4, a4, 64
    records_requantize s0, s1
    records_store 0, s0
    records_store 1, s1
    next_group .Lchannel4
end_function nmcu_published_conv
