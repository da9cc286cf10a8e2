/* nmcu_published_conv_xdec: one output channel by two pixels with nm.dec in its paired form (prototype: published.h).
 *
 * Inner loop, M = 8 and 16: 23 instructions for 16 MACs (1.44 cycles/MAC): 1 load of offsets, 2 of weights, 16 nm.dec,
 * 4 dot products; M = 4: 45 for 32 (1.41 cycles/MAC).
 *
 *   a0  block   a1  next offsets   a2  next weights   a3 a4  im2col buffers of pixels 0 and 1
 *   s0 s1  accumulators   t0  offsets   t1 t2  gathered words   t3  weights   s7  steps   s11  bytes of offsets
 */
#include "nmcu_xdec.h"
#include "published.inc"

/* Four entries of both pixels; t3 loaded with their weights on the way. */
.macro decimate_four m
    nm.decp.\m t1, a3, t0
    nm.decp.\m t2, a4, t0
    nm.decp.\m t1, a3, t0
    nm.decp.\m t2, a4, t0
    nm.decp.\m t1, a3, t0
    nm.decp.\m t2, a4, t0
    nm.decp.\m t1, a3, t0
    nm.decp.\m t2, a4, t0
    cv.sdotsp.b s0, t1, t3
    cv.sdotsp.b s1, t2, t3
.endm

begin_function nmcu_published_conv_xdec
    records_start
    lw s7, RECORDS_STEPS(a0)
    lw a3, RECORDS_X(a0)
    lw a4, RECORDS_X+4(a0)
    lw s2, RECORDS_M(a0)
    slli s11, s7, 2
    li s3, 8

.Lchannel:
    cv.lw s0, (a2), 4
    mv a1, a2
    add a2, a2, s11
    mv s1, s0
    csrwi NMCU_XDEC_CSR, 0
    blt s2, s3, .Lm4
    beq s2, s3, .Lm8
    loop0 s7, 23
        cv.lw t0, (a1), 4
        cv.lw t3, (a2), 4
        decimate_four m16
        cv.lw t3, (a2), 4
        decimate_four m16
.Lrequantize:
    records_requantize s0, s1
    records_store 0, s0
    records_store 1, s1
    next_group .Lchannel
.Lm8:
    loop0 s7, 23
        cv.lw t0, (a1), 4
        cv.lw t3, (a2), 4
        decimate_four m8
        cv.lw t3, (a2), 4
        decimate_four m8
    j .Lrequantize
.Lm4:
    loop0 s7, 45
        cv.lw t0, (a1), 4
        cv.lw t3, (a2), 4
        decimate_four m4
        cv.lw t3, (a2), 4
        decimate_four m4
        cv.lw t3, (a2), 4
        decimate_four m4
        cv.lw t3, (a2), 4
        decimate_four m4
    j .Lrequantize
end_function nmcu_published_conv_xdec
