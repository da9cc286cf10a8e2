/* nmcu_copy_windows (prototype: block.h): two windows at a time, so that no store waits for its load.
 *
 * Inner loop: 4 instructions for two words; a cycle more for each that is not aligned. A run's last words bring the
 * pointers to the next run; runs of one word and of three are the loop's body without an inner one.
 *
 *   a0  windows    a1 a2  next word of each window    a3 a4  where it goes    a5  windows to do    a6  runs
 *   a7  words of a run but the last    t0 t1  a word of each
 *   t2 t3  from a run's last word to the next run, read and written
 *   t4 t5  the first window, read and written    t6  temporary
 */
#include "block.inc"
#include "conv_layouts.h"

/* A word of both windows; the pointers move on by `read` and `written`. */
.macro copy_words read, written
    cv.lw t0, (a1), \read
    cv.lw t1, (a2), \read
    cv.sw t0, (a3), \written
    cv.sw t1, (a4), \written
.endm

begin_function nmcu_copy_windows
    lw a5, WINDOWS_PIXELS(a0)
    lw a6, WINDOWS_RUNS(a0)
    lw a7, WINDOWS_RUN_WORDS(a0)
    lw t2, WINDOWS_ROW_BYTES(a0)
    lw t3, WINDOWS_RUN_BYTES(a0)
    lw t4, WINDOWS_FROM(a0)
    lw t5, WINDOWS_TO(a0)
    addi a7, a7, -1
    slli t6, a7, 2
    sub t2, t2, t6
    sub t3, t3, t6
.Lpair:
    mv a1, t4
    mv a3, t5
    mv a2, a1
    mv a4, a3
    addi a5, a5, -1
    beqz a5, .Lcopy /* the last window of an odd number is copied twice, to the same place */
    lw t6, WINDOWS_FROM_STEP(a0)
    lw t0, WINDOWS_TO_STEP(a0)
    addi a5, a5, -1
    add a2, a1, t6
    add a4, a3, t0
    add t4, a2, t6
    add t5, a4, t0
.Lcopy:
    addi t6, a7, -2
    beqz t6, .Lthree_words
    beqz a7, .Lone_word
    loop1 a6, 9
        loop0 a7, 4
            copy_words 4, 4
        copy_words t2, t3
    bnez a5, .Lpair
    ret
.Lthree_words:
    loop1 a6, 12
        copy_words 4, 4
        copy_words 4, 4
        copy_words t2, t3
    bnez a5, .Lpair
    ret
.Lone_word:
    loop1 a6, 4
        copy_words t2, t3
    bnez a5, .Lpair
    ret
end_function nmcu_copy_windows
