/* gmac for C and assembly: gather and multiply-accumulate, accumulators, rescaling; see docs/gmac.md.
 *
 * Everything is written with .insn, so any assembler for rv32i takes it: no compiler knows the extension. A gather
 * reads its weights, which stand in the place of rd.
 */
#ifndef NMCU_GMAC_H
#define NMCU_GMAC_H

/* funct7 of a gather = {advance, m, sel}: m for M = 1, 4, 8, 16, or'ed with ADVANCE and the number of the offset */
#define NMCU_GMAC_M1 0x00
#define NMCU_GMAC_M4 0x10
#define NMCU_GMAC_M8 0x20
#define NMCU_GMAC_M16 0x30
#define NMCU_GMAC_ADVANCE 0x40

#ifdef __ASSEMBLER__
/* clang-format off */

/* Which offset `sel` may be: the assembler says so where it is none. */
.macro nmcu_gmac_insn funct3, funct7, sels, weights, base, offsets, sel
  .if (\sel) < 0 || (\sel) >= \sels
    .error "gmac: the last operand is a number from 0 to \sels - 1"
  .endif
  .insn r 0x2b, \funct3, \funct7 + (\sel), \weights, \base, \offsets
.endm

/* A word of four pixels */
.macro nm.gmac.m1 weights, base, sel
  nmcu_gmac_insn 7, NMCU_GMAC_M1, 4, \weights, \base, x0, \sel
.endm
.macro nm.gmac.m4 weights, base, offsets, sel
  nmcu_gmac_insn 7, NMCU_GMAC_M4, 16, \weights, \base, \offsets, \sel
.endm
.macro nm.gmac.m8 weights, base, offsets, sel
  nmcu_gmac_insn 7, NMCU_GMAC_M8, 8, \weights, \base, \offsets, \sel
.endm
.macro nm.gmac.m16 weights, base, offsets, sel
  nmcu_gmac_insn 7, NMCU_GMAC_M16, 8, \weights, \base, \offsets, \sel
.endm
/* The same, and the base moves on to the next block */
.macro nm.gmaci.m1 weights, base, sel
  nmcu_gmac_insn 7, NMCU_GMAC_ADVANCE + NMCU_GMAC_M1, 4, \weights, \base, x0, \sel
.endm
.macro nm.gmaci.m4 weights, base, offsets, sel
  nmcu_gmac_insn 7, NMCU_GMAC_ADVANCE + NMCU_GMAC_M4, 16, \weights, \base, \offsets, \sel
.endm
.macro nm.gmaci.m8 weights, base, offsets, sel
  nmcu_gmac_insn 7, NMCU_GMAC_ADVANCE + NMCU_GMAC_M8, 8, \weights, \base, \offsets, \sel
.endm
.macro nm.gmaci.m16 weights, base, offsets, sel
  nmcu_gmac_insn 7, NMCU_GMAC_ADVANCE + NMCU_GMAC_M16, 8, \weights, \base, \offsets, \sel
.endm

/* A byte, into the first accumulator */
.macro nm.gmacb.m4 weights, base, offsets, sel
  nmcu_gmac_insn 6, NMCU_GMAC_M4, 16, \weights, \base, \offsets, \sel
.endm
.macro nm.gmacb.m8 weights, base, offsets, sel
  nmcu_gmac_insn 6, NMCU_GMAC_M8, 8, \weights, \base, \offsets, \sel
.endm
.macro nm.gmacb.m16 weights, base, offsets, sel
  nmcu_gmac_insn 6, NMCU_GMAC_M16, 8, \weights, \base, \offsets, \sel
.endm
.macro nm.gmacbi.m4 weights, base, offsets, sel
  nmcu_gmac_insn 6, NMCU_GMAC_ADVANCE + NMCU_GMAC_M4, 16, \weights, \base, \offsets, \sel
.endm
.macro nm.gmacbi.m8 weights, base, offsets, sel
  nmcu_gmac_insn 6, NMCU_GMAC_ADVANCE + NMCU_GMAC_M8, 8, \weights, \base, \offsets, \sel
.endm
.macro nm.gmacbi.m16 weights, base, offsets, sel
  nmcu_gmac_insn 6, NMCU_GMAC_ADVANCE + NMCU_GMAC_M16, 8, \weights, \base, \offsets, \sel
.endm

.macro nm.acc.push rd, rs1
  .insn r 0x2b, 6, 0x40, \rd, \rs1, x0
.endm
.macro nm.acc.scale rd, rs1, rs2
  .insn r 0x2b, 6, 0x41, \rd, \rs1, \rs2
.endm
.macro nm.pack.b rd, rs1, rs2
  .insn r 0x2b, 6, 0x42, \rd, \rs1, \rs2
.endm

/* clang-format on */
#else

#include <stdint.h>

/* The four accumulators += the four pixels at base + 4 * (offset `sel` of `offsets`) times byte `sel mod 4` of
 * `weights`. `m` is M4, M8 or M16 above, `sel` a constant: 0 to 15 for M4, 0 to 7 for M8 and M16. */
#define nmcu_gmac(m, weights, base, offsets, sel)                              \
    __asm__ volatile(".insn r 0x2b, 7, %3, %0, %1, %2"                         \
                     :                                                         \
                     : "r"(weights), "r"(base), "r"(offsets), "i"((m) + (sel)) \
                     : "memory")

/* The same; then `base`, a variable, moves on by a block: 4 * M bytes. */
#define nmcu_gmac_advance(m, weights, base, offsets, sel)                               \
    __asm__ volatile(".insn r 0x2b, 7, %3, %1, %0, %2"                                  \
                     : "+r"(base)                                                       \
                     : "r"(weights), "r"(offsets), "i"(NMCU_GMAC_ADVANCE + (m) + (sel)) \
                     : "memory")

/* The four accumulators += the four pixels at base times byte `sel`, 0 to 3, of `weights`: M = 1. */
#define nmcu_gmac_dense(weights, base, sel)                               \
    __asm__ volatile(".insn r 0x2b, 7, %2, %0, %1, x0"                    \
                     :                                                    \
                     : "r"(weights), "r"(base), "i"(NMCU_GMAC_M1 + (sel)) \
                     : "memory")

/* The same; then `base`, a variable, moves on by a word. */
#define nmcu_gmac_dense_advance(weights, base, sel)                                \
    __asm__ volatile(".insn r 0x2b, 7, %2, %1, %0, x0"                             \
                     : "+r"(base)                                                  \
                     : "r"(weights), "i"(NMCU_GMAC_ADVANCE + NMCU_GMAC_M1 + (sel)) \
                     : "memory")

/* The first accumulator += the byte at base + (offset `sel` of `offsets`) times byte `sel mod 4` of `weights`; `m` is
 * not M1. */
#define nmcu_gmac_byte(m, weights, base, offsets, sel)                         \
    __asm__ volatile(".insn r 0x2b, 6, %3, %0, %1, %2"                         \
                     :                                                         \
                     : "r"(weights), "r"(base), "r"(offsets), "i"((m) + (sel)) \
                     : "memory")

/* The same; then `base`, a variable, moves on by a block: M bytes. */
#define nmcu_gmac_byte_advance(m, weights, base, offsets, sel)                          \
    __asm__ volatile(".insn r 0x2b, 6, %3, %1, %0, %2"                                  \
                     : "+r"(base)                                                       \
                     : "r"(weights), "r"(offsets), "i"(NMCU_GMAC_ADVANCE + (m) + (sel)) \
                     : "memory")

/* The first accumulator; the others move up, and `last` becomes the fourth. */
static inline int32_t nmcu_acc_push(int32_t last)
{
    int32_t first;
    __asm__ volatile(".insn r 0x2b, 6, 0x40, %0, %1, x0" : "=r"(first) : "r"(last));
    return first;
}

/* The first accumulator * factor + addend, modulo 2^32; the others move up, and the fourth becomes 0. */
static inline int32_t nmcu_acc_scale(int32_t factor, int32_t addend)
{
    int32_t scaled;
    __asm__ volatile(".insn r 0x2b, 6, 0x41, %0, %1, %2" : "=r"(scaled) : "r"(factor), "r"(addend));
    return scaled;
}

/* `value >> (shift mod 32)`, clipped to -128 .. 127, becomes the highest byte of `word`, whose others move down. */
static inline uint32_t nmcu_pack_b(uint32_t word, int32_t value, uint32_t shift)
{
    __asm__(".insn r 0x2b, 6, 0x42, %0, %1, %2" : "+r"(word) : "r"(value), "r"(shift));
    return word;
}

#endif
#endif
