/* nmcu_pool_sums: sum over a window, four channels at a time (prototype and arguments: pool.h).
 *
 * Inner loop: 5 instructions, 6 cycles for four elements: a dot product with 1 in one byte picks one channel.
 *
 *   a0  window    a1  sums    a2  x of the group    a3  groups to do    a4  rows    a5  columns    a6  pixel bytes
 *   a7  from a row's end to the next row    t0  next element    t1  element    t2-t5  sums    s0-s3  1 in byte 0 to 3
 */
#include "block.inc"
#include "pool_layouts.h"

begin_function nmcu_pool_sums
    addi sp, sp, -16
    sw s0, 0(sp)
    sw s1, 4(sp)
    sw s2, 8(sp)
    sw s3, 12(sp)
    lw a2, POOL_X(a0)
    lw a3, POOL_GROUPS(a0)
    lw a4, POOL_ROWS(a0)
    lw a5, POOL_COLUMNS(a0)
    lw a6, POOL_PIXEL_BYTES(a0)
    lw a7, POOL_ROW_BYTES(a0)
    mul t0, a5, a6
    sub a7, a7, t0
    li s0, 1
    slli s1, s0, 8
    slli s2, s0, 16
    slli s3, s0, 24
.Lgroup:
    mv t0, a2
    li t2, 0
    li t3, 0
    li t4, 0
    li t5, 0
    addi a2, a2, 4
    loop1 a4, 8
        loop0 a5, 5
            cv.lw t1, (t0), a6
            cv.sdotsp.b t2, t1, s0
            cv.sdotsp.b t3, t1, s1
            cv.sdotsp.b t4, t1, s2
            cv.sdotsp.b t5, t1, s3
        add t0, t0, a7
        nop
    addi a3, a3, -1
    cv.sw t2, (a1), 4
    cv.sw t3, (a1), 4
    cv.sw t4, (a1), 4
    cv.sw t5, (a1), 4
    bnez a3, .Lgroup
    lw s0, 0(sp)
    lw s1, 4(sp)
    lw s2, 8(sp)
    lw s3, 12(sp)
    addi sp, sp, 16
    ret
end_function nmcu_pool_sums
