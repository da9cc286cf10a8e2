/* nmcu_table_words: four table look-ups at a time (prototype: elementwise.h).
 *
 * Inner loop: 12 instructions, 12 cycles for four values: the value itself is the offset into the table. A word is
 * loaded before the one ahead of it is stored.
 *
 *   a0  entry of the value 0    a1  y    a2  x    a4  words but one    t0-t3  values, then results    t4  next word
 */
#include "block.inc"

.macro look_up_four load:vararg
    cv.extract t0, t4, 7, 0
    cv.extract t1, t4, 7, 8
    cv.extract t2, t4, 7, 16
    srai t3, t4, 24
    cv.lb t0, t0(a0)
    cv.lb t1, t1(a0)
    cv.lb t2, t2(a0)
    cv.lb t3, t3(a0)
    \load
    pack_four t0, t1, t2, t3
    cv.sw t0, (a1), 4
.endm

begin_function nmcu_table_words
    cv.lw t4, (a2), 4
    addi a4, a4, -1
    beqz a4, .Llast_word
    loop0 a4, 12
        look_up_four cv.lw t4, (a2), 4
.Llast_word:
    look_up_four
    ret
end_function nmcu_table_words
