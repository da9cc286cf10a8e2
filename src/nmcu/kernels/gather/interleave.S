/* nmcu_interleave (prototype: gather.h): 18 instructions and cycles for four channels of four pixels.
 *
 *   a0  next output word    a1 a2 a3 a4  next input word of pixels 0 to 3    a5  words
 *   a6 a7  shuffle masks    t0-t4  four words being transposed
 */
#include "block.inc"

    .section .text.nmcu_interleave, "ax", @progbits
    .globl nmcu_interleave
    .type nmcu_interleave, @function
    .option push
    .option norvc
    .option norelax
    .balign 4
nmcu_interleave:
    li a6, 0x06040200
    li a7, 0x07050301
    loop0 a5, 18
        cv.lw t1, (a3), 4
        cv.lw t2, (a1), 4
        cv.lw t3, (a4), 4
        cv.lw t4, (a2), 4
        cv.pack t0, t3, t1        /* channels 1, 0 of pixels 3, 2 */
        cv.pack.h t1, t3, t1      /* channels 3, 2 of pixels 3, 2 */
        cv.pack t3, t4, t2        /* channels 1, 0 of pixels 1, 0 */
        cv.pack.h t4, t4, t2
        mv t2, t3
        cv.shuffle2.b t2, t0, a6  /* channel 0 of all four */
        cv.shuffle2.b t3, t0, a7
        mv t0, t4
        cv.shuffle2.b t0, t1, a6
        cv.shuffle2.b t4, t1, a7
        cv.sw t2, (a0), 4
        cv.sw t3, (a0), 4
        cv.sw t0, (a0), 4
        cv.sw t4, (a0), 4
    ret
    .option pop
    .size nmcu_interleave, . - nmcu_interleave
