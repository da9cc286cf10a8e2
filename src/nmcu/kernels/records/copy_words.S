/* nmcu_copy_words (prototype: records.h): 4 instructions for two words.
 *
 *   a0  to   a1  from   a2  words   t0-t2  temporary
 */
#include "block.inc"

begin_function nmcu_copy_words
    srli t2, a2, 1
    beqz t2, .Llast
    loop0 t2, 4
        cv.lw t0, (a1), 4
        cv.lw t1, (a1), 4
        cv.sw t0, (a0), 4
        cv.sw t1, (a0), 4
.Llast:
    andi a2, a2, 1
    beqz a2, .Ldone
    lw t0, 0(a1)
    sw t0, 0(a0)
.Ldone:
    ret
end_function nmcu_copy_words
