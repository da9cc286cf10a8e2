/* nmcu_sums_dot: words of input times those of four channels (prototype: sums.h).
 *
 * Inner loop: 9 instructions, 9 cycles, 16 MACs: that of dense_4x1.
 *
 *   a0  sums    a1  next input word    a2  next weights    a3  words
 *   t0-t3  weights    t4  input    a4-a7  sums of channels 0 to 3
 */
#include "block.inc"

begin_function nmcu_sums_dot
    lw a4, 0(a0)
    lw a5, 4(a0)
    lw a6, 8(a0)
    lw a7, 12(a0)
    loop0 a3, 9
        dot_4x1 a2, a4, a5, a6, a7
    sw a4, 0(a0)
    sw a5, 4(a0)
    sw a6, 8(a0)
    sw a7, 12(a0)
    ret
end_function nmcu_sums_dot
