/* nmcu_published_linear_xdec: two output channels of one pixel with nm.dec in its paired form (prototype: published.h).
 *
 * Inner loop, M = 8 and 16: 26 instructions for 16 MACs (1.63 cycles/MAC): 2 loads of offsets, 4 of weights, 16 nm.dec,
 * 4 dot products; M = 4: 50 for 32 (1.56 cycles/MAC).
 *
 *   a0  block   a1  next offsets   a2  next weights   a3  input   s0 s1  accumulators of the two channels
 *   t0 t4  offsets   t1 t2  gathered words   t3 t5  weights   s7  steps   s11  bytes of offsets
 */
#include "nmcu_xdec.h"
#include "published.inc"

/* Four entries of both channels. */
.macro decimate_four m
    cv.lw t3, (a2), 4
    cv.lw t5, (a2), 4
    nm.decp.\m t1, a3, t0
    nm.decp.\m t2, a3, t4
    nm.decp.\m t1, a3, t0
    nm.decp.\m t2, a3, t4
    nm.decp.\m t1, a3, t0
    nm.decp.\m t2, a3, t4
    nm.decp.\m t1, a3, t0
    nm.decp.\m t2, a3, t4
    cv.sdotsp.b s0, t1, t3
    cv.sdotsp.b s1, t2, t5
.endm

begin_function nmcu_published_linear_xdec
    records_start
    lw s7, RECORDS_STEPS(a0)
    lw a3, RECORDS_X(a0)
    lw s2, RECORDS_M(a0)
    slli s11, s7, 3
    li s3, 8

.Lchannels:
    cv.lw s0, (a2), 4
    cv.lw s1, (a2), 4
    mv a1, a2
    add a2, a2, s11
    csrwi NMCU_XDEC_CSR, 0
    blt s2, s3, .Lm4
    beq s2, s3, .Lm8
    loop0 s7, 26
        cv.lw t0, (a1), 4
        cv.lw t4, (a1), 4
        decimate_four m16
        decimate_four m16
.Lrequantize:
    records_requantize s0
    records_requantize s1
    records_store 0, s0
    records_store 0, s1
    next_group .Lchannels
.Lm8:
    loop0 s7, 26
        cv.lw t0, (a1), 4
        cv.lw t4, (a1), 4
        decimate_four m8
        decimate_four m8
    j .Lrequantize
.Lm4:
    loop0 s7, 50
        cv.lw t0, (a1), 4
        cv.lw t4, (a1), 4
        decimate_four m4
        decimate_four m4
        decimate_four m4
        decimate_four m4
    j .Lrequantize
end_function nmcu_published_linear_xdec
