/* Where both cores begin: a stack of 4 KiB each. */
    .section .text.start, "ax"
    .globl _start
_start:
    csrr    a0, mhartid
    la      sp, stacks_end
    slli    t0, a0, 12
    sub     sp, sp, t0
    j       entry
