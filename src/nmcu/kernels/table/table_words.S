/* nmcu_table_words: four table look-ups at a time (prototype: elementwise.h).
 *
 * Inner loop: 12 instructions and a wait for the load, 13 cycles for four values: the value itself is the offset into
 * the table.
 *
 *   a0  entry of the value 0    a1  y    a2  x    a4  words    t0-t3  values, then results
 */
#include "block.inc"

begin_function nmcu_table_words
    loop0 a4, 13
        cv.lw t3, (a2), 4
        nop
        cv.extract t0, t3, 7, 0
        cv.extract t1, t3, 7, 8
        cv.extract t2, t3, 7, 16
        srai t3, t3, 24
        cv.lb t0, t0(a0)
        cv.lb t1, t1(a0)
        cv.lb t2, t2(a0)
        cv.lb t3, t3(a0)
        cv.packlo.b t0, t1, t0
        cv.packhi.b t0, t3, t2
        cv.sw t0, (a1), 4
    ret
end_function nmcu_table_words
