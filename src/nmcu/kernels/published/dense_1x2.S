/* nmcu_dense_1x2: one output channel by two pixels, dense (prototype: published.h): the published kernels' blocking
 * without sparsity.
 *
 * Inner loop: 5 instructions, 5 cycles, 8 MACs (0.625 cycles/MAC): 1 + 2 loads, 2 dot products.
 *
 *   a0  block   a2  next weights   a3 a4  im2col buffers of pixels 0 and 1
 *   s0 s1  accumulators   t0  weights   t1 t2  input of pixels 0 and 1   s7  steps
 */
#include "published.inc"

begin_function nmcu_dense_1x2
    records_start
    lw s7, RECORDS_STEPS(a0)

.Lchannel:
    cv.lw s0, (a2), 4
    lw a3, RECORDS_X(a0)
    lw a4, RECORDS_X+4(a0)
    mv s1, s0
    loop0 s7, 5
        cv.lw t0, (a2), 4
        cv.lw t1, (a3), 4
        cv.lw t2, (a4), 4
        cv.sdotsp.b s0, t1, t0
        cv.sdotsp.b s1, t2, t0
    records_requantize s0, s1
    records_store 0, s0
    records_store 1, s1
    next_group .Lchannel
end_function nmcu_dense_1x2
