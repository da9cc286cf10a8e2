/* nmcu_pool_maximum for plain RV32IM: maximum over a window, four channels at a time (prototype and arguments: pool.h).
 *
 * Inner loop: 11 instructions, 13 cycles for four elements, and 6 more for each one that is larger than all before.
 *
 *   a0  window    a1  y    a2  x of the group    a3  groups to do    a4  rows to do    a5  columns to do
 *   a6  pixel bytes    a7  first element of the row    t0  next element    t1-t4  largest    t5 t6  elements in turn
 */
#include "pool_layouts.h"
#include "scalar.inc"

.macro take_larger most, x
    blt \most, \x, .Llarger\@
.Ltaken\@:
    .subsection 1
.Llarger\@:
    mv \most, \x
    j .Ltaken\@
    .previous
.endm

begin_scalar_function nmcu_pool_maximum
    lw a2, POOL_X(a0)
    lw a3, POOL_GROUPS(a0)
    lw a6, POOL_PIXEL_BYTES(a0)
.Lgroup:
    lw a4, POOL_ROWS(a0)
    mv a7, a2
    lb t1, 0(a2)
    lb t2, 1(a2)
    lb t3, 2(a2)
    lb t4, 3(a2)
.Lrow:
    lw a5, POOL_COLUMNS(a0)
    mv t0, a7
    .balign 4
.Lelement:
    lb t5, 0(t0)
    lb t6, 1(t0)
    take_larger t1, t5
    lb t5, 2(t0)
    take_larger t2, t6
    lb t6, 3(t0)
    take_larger t3, t5
    addi a5, a5, -1
    take_larger t4, t6
    add t0, t0, a6
    bnez a5, .Lelement
    lw t5, POOL_ROW_BYTES(a0)
    addi a4, a4, -1
    add a7, a7, t5
    bnez a4, .Lrow
    sb t1, 0(a1)
    sb t2, 1(a1)
    sb t3, 2(a1)
    sb t4, 3(a1)
    addi a1, a1, 4
    addi a2, a2, 4
    addi a3, a3, -1
    bnez a3, .Lgroup
    ret
end_function nmcu_pool_maximum
