/* nmcu_interleave (prototype: gather.h): 18 instructions and cycles for four channels of four pixels.
 *
 *   a0  next output word    a1 a2 a3 a4  next input word of pixels 0 to 3    a7  words
 *   t5  bytes between output words    a5 a6  shuffle masks    t0-t4  four words being transposed
 */
#include "gather.inc"

begin_function nmcu_interleave
    mv a7, a5
    mv t5, a6
    transpose_masks
    loop0 a7, 18
        cv.lw t2, (a1), 4
        cv.lw t4, (a2), 4
        cv.lw t1, (a3), 4
        cv.lw t3, (a4), 4
        transpose t1, t2, t3, t4, t0
        cv.sw t2, (a0), t5
        cv.sw t3, (a0), t5
        cv.sw t0, (a0), t5
        cv.sw t4, (a0), t5
    ret
end_function nmcu_interleave
