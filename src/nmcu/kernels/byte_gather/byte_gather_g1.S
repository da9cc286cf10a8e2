/* nmcu_byte_gather_g1: one output channel of one token (prototype: byte_gather.h).
 *
 * Inner loop: 12 instructions, 12 cycles, 4 MACs (3 cycles/MAC): 4 distances, 4 bytes, 2 to pack, 1 load of weights, 1
 * dot product.
 *
 *   a0  block   a1  byte of the next entry   a2  next weight   a3  next distance   s0  accumulator   s7  steps
 *   s11  bytes of distances   t0-t4  distances, bytes   t6  weights
 */
#include "records.inc"
#include "gather_bytes.inc"

begin_function nmcu_byte_gather_g1
    records_start
    lw s7, RECORDS_STEPS(a0)
    slli s11, s7, 2
    addi s11, s11, 4 /* (1 + 4 * steps) filled up to words */

.Lchannel:
    cv.lw s0, (a2), 4
    begin_bytes RECORDS_X
    gather_row s0
    records_requantize s0
    records_store 0, s0
    next_group .Lchannel
end_function nmcu_byte_gather_g1
