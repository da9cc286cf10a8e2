/* nmcu_interleave for plain RV32IM (prototype: gather.h): 44 cycles for four channels of four pixels, a load and a
 * store for each byte.
 *
 *   a0  next output word    a1 a2 a3 a4  next input of pixels 0 to 3    a5  words left    a6  bytes between output
 *   words    t0-t3  inputs
 */
#include "scalar.inc"

begin_scalar_function nmcu_interleave
    beqz a5, .Lend
    .balign 4
.Lword:
    .irp i, 0, 1, 2, 3
        lb t0, \i(a1)
        lb t1, \i(a2)
        lb t2, \i(a3)
        lb t3, \i(a4)
        sb t0, 0(a0)
        sb t1, 1(a0)
        sb t2, 2(a0)
        sb t3, 3(a0)
        add a0, a0, a6
    .endr
    addi a1, a1, 4
    addi a2, a2, 4
    addi a3, a3, 4
    addi a4, a4, 4
    addi a5, a5, -1
    bnez a5, .Lword
.Lend:
    ret
end_function nmcu_interleave
