/* nmcu_copy_windows for plain RV32IM (prototype: block.h): byte by byte, since windows begin anywhere.
 *
 * Inner loop: 11 instructions, 13 cycles for four bytes.
 *
 *   a0  windows    a1  next byte of a window    a2  where it goes    a3  windows to do    a4  bytes of all runs
 *   a5  bytes of a run's words    a6 a7  from a run's end to the next one's start, read and written
 *   t0-t3  bytes    t4 t5  the window's first byte, read and written    t6  end of the run's words, written
 */
#include "conv_layouts.h"
#include "scalar.inc"

begin_scalar_function nmcu_copy_windows
    lw a4, WINDOWS_RUNS(a0)
    lw a7, WINDOWS_RUN_BYTES(a0)
    lw a5, WINDOWS_RUN_WORDS(a0)
    lw a6, WINDOWS_ROW_BYTES(a0)
    lw a3, WINDOWS_PIXELS(a0)
    lw t4, WINDOWS_FROM(a0)
    lw t5, WINDOWS_TO(a0)
    mul a4, a4, a7
    slli a5, a5, 2
    sub a6, a6, a5
    sub a7, a7, a5
.Lwindow:
    mv a1, t4
    mv a2, t5
.Lrun:
    add t6, a2, a5
    .balign 4
.Lword:
    lb t0, 0(a1)
    lb t1, 1(a1)
    lb t2, 2(a1)
    lb t3, 3(a1)
    addi a1, a1, 4
    sb t0, 0(a2)
    sb t1, 1(a2)
    sb t2, 2(a2)
    sb t3, 3(a2)
    addi a2, a2, 4
    bne a2, t6, .Lword
    add a1, a1, a6
    add a2, a2, a7
    add t0, t5, a4
    bne a2, t0, .Lrun
    lw t0, WINDOWS_FROM_STEP(a0)
    lw t1, WINDOWS_TO_STEP(a0)
    addi a3, a3, -1
    add t4, t4, t0
    add t5, t5, t1
    bnez a3, .Lwindow
    ret
end_function nmcu_copy_windows
