/* xDecimate for C and assembly: the counter CSR and nm.dec, see docs/xdecimate.md.
 *
 * Everything is written with .insn and CSR numbers, so any assembler for rv32i_zicsr takes it: no compiler knows the
 * extension. `rd` is read and written by nm.dec, hence "+r".
 */
#ifndef NMCU_XDEC_H
#define NMCU_XDEC_H

#define NMCU_XDEC_CSR 0x7C0

/* f7 = {0000, pair, m} with m = 0, 1, 2 for M = 4, 8, 16 */
#define NMCU_XDEC_F7_M4 0
#define NMCU_XDEC_F7_M8 1
#define NMCU_XDEC_F7_M16 2
#define NMCU_XDEC_F7_PAIR 4

#ifdef __ASSEMBLER__
/* clang-format off */

.macro nm.dec.m4 rd, rs1, rs2
  .insn r 0x2b, 5, NMCU_XDEC_F7_M4, \rd, \rs1, \rs2
.endm
.macro nm.dec.m8 rd, rs1, rs2
  .insn r 0x2b, 5, NMCU_XDEC_F7_M8, \rd, \rs1, \rs2
.endm
.macro nm.dec.m16 rd, rs1, rs2
  .insn r 0x2b, 5, NMCU_XDEC_F7_M16, \rd, \rs1, \rs2
.endm
.macro nm.decp.m4 rd, rs1, rs2
  .insn r 0x2b, 5, NMCU_XDEC_F7_PAIR + NMCU_XDEC_F7_M4, \rd, \rs1, \rs2
.endm
.macro nm.decp.m8 rd, rs1, rs2
  .insn r 0x2b, 5, NMCU_XDEC_F7_PAIR + NMCU_XDEC_F7_M8, \rd, \rs1, \rs2
.endm
.macro nm.decp.m16 rd, rs1, rs2
  .insn r 0x2b, 5, NMCU_XDEC_F7_PAIR + NMCU_XDEC_F7_M16, \rd, \rs1, \rs2
.endm

/* clang-format on */
#else

#include <stdint.h>

#define NMCU_XDEC_STRING_(x) #x
#define NMCU_XDEC_STRING(x) NMCU_XDEC_STRING_(x)

/* rd = rd with byte lane `c mod 4` replaced by base[M*c + offset c of `offsets`]; counts one up.
 * `f7` is one of the NMCU_XDEC_F7_ constants above (a literal, or a sum of them with PAIR). */
#define nmcu_xdec(f7, rd, base, offsets)                                     \
    __asm__ volatile(".insn r 0x2b, 5, " NMCU_XDEC_STRING(f7) ", %0, %1, %2" \
                     : "+r"(rd)                                              \
                     : "r"(base), "r"(offsets)                               \
                     : "memory")

/* Set the counter: 0 at the start of a row, or a saved value. Bits 31:16 are ignored. */
static inline void nmcu_xdec_set(uint32_t count)
{
    __asm__ volatile("csrw " NMCU_XDEC_STRING(NMCU_XDEC_CSR) ", %0" : : "r"(count) : "memory");
}

/* The counter, 0 to 65535, to save it. */
static inline uint32_t nmcu_xdec_get(void)
{
    uint32_t count;
    __asm__ volatile("csrr %0, " NMCU_XDEC_STRING(NMCU_XDEC_CSR) : "=r"(count) : : "memory");
    return count;
}

#endif
#endif
