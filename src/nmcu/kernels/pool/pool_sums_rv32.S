/* nmcu_pool_sums for plain RV32IM: sum over a window, four channels at a time (prototype and arguments: pool.h).
 *
 * Inner loop: 11 instructions, 13 cycles for four elements.
 *
 *   a0  window    a1  sums    a2  x of the group    a3  groups to do    a4  rows to do    a5  columns to do
 *   a6  pixel bytes    a7  first element of the row    t0  next element    t1-t4  sums    t5 t6  elements in turn
 */
#include "pool_layouts.h"
#include "scalar.inc"

begin_scalar_function nmcu_pool_sums
    lw a2, POOL_X(a0)
    lw a3, POOL_GROUPS(a0)
    lw a6, POOL_PIXEL_BYTES(a0)
.Lgroup:
    lw a4, POOL_ROWS(a0)
    mv a7, a2
    li t1, 0
    li t2, 0
    li t3, 0
    li t4, 0
    beqz a4, .Lsummed
.Lrow:
    lw a5, POOL_COLUMNS(a0)
    mv t0, a7
    beqz a5, .Lrow_done
    .balign 4
.Lelement:
    lb t5, 0(t0)
    lb t6, 1(t0)
    add t1, t1, t5
    lb t5, 2(t0)
    add t2, t2, t6
    lb t6, 3(t0)
    add t3, t3, t5
    addi a5, a5, -1
    add t4, t4, t6
    add t0, t0, a6
    bnez a5, .Lelement
.Lrow_done:
    lw t5, POOL_ROW_BYTES(a0)
    addi a4, a4, -1
    add a7, a7, t5
    bnez a4, .Lrow
.Lsummed:
    sw t1, 0(a1)
    sw t2, 4(a1)
    sw t3, 8(a1)
    sw t4, 12(a1)
    addi a1, a1, 16
    addi a2, a2, 4
    addi a3, a3, -1
    bnez a3, .Lgroup
    ret
end_function nmcu_pool_sums
