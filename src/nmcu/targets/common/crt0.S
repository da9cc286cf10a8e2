/* Start-up code: every hart enters here, gets its own stack and goes on to nmcu_start in C.
 *
 * Hart h's stack is the __stack_bytes below __stack_top - h * __stack_bytes (linker script). It starts 16 * (h mod 4)
 * bytes lower: stacks a multiple of 64 bytes apart would keep all variables of one name in one of the 16 banks, and
 * harts that run the same code in step would queue for it (ResNet8 for rv32: 12.8 M cycles without, 8.7 M with it). */

    .section .text.start, "ax", @progbits
    .globl  _start
    .type   _start, @function
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    csrwi   0x320, 0            /* mcountinhibit: mcycle and minstret stand still after reset */
    csrr    t0, mhartid
    lui     t1, %hi(__stack_bytes)
    addi    t1, t1, %lo(__stack_bytes)
    mul     t1, t1, t0
    lui     sp, %hi(__stack_top)
    addi    sp, sp, %lo(__stack_top)
    sub     sp, sp, t1
    andi    t0, t0, 3
    slli    t0, t0, 4
    sub     sp, sp, t0
    j       nmcu_start
    .size   _start, . - _start
