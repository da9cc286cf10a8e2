/* nmcu_pool_maximum: maximum over a window, four channels at a time (prototype and arguments: pool.h).
 *
 * Inner loop: 3 instructions, 3 cycles for four elements (a hardware loop has at least three).
 *
 *   a0  window    a1  y    a2  x of the group    a3  groups to do    a4  rows    a5  columns    a6  pixel bytes
 *   a7  from a row's end to the next row    t0  next element    t1  element    t2  maximum    t3  -128 in every byte
 */
#include "block.inc"
#include "pool_layouts.h"

begin_function nmcu_pool_maximum
    lw a2, POOL_X(a0)
    lw a3, POOL_GROUPS(a0)
    lw a4, POOL_ROWS(a0)
    lw a5, POOL_COLUMNS(a0)
    lw a6, POOL_PIXEL_BYTES(a0)
    lw a7, POOL_ROW_BYTES(a0)
    mul t0, a5, a6
    sub a7, a7, t0
    li t3, 0x80808080
.Lgroup:
    mv t0, a2
    mv t2, t3
    addi a2, a2, 4
    loop1 a4, 6
        loop0 a5, 3
            cv.lw t1, (t0), a6
            nop
            cv.max.b t2, t2, t1
        add t0, t0, a7
        nop
    addi a3, a3, -1
    cv.sw t2, (a1), 4
    bnez a3, .Lgroup
    ret
end_function nmcu_pool_maximum
