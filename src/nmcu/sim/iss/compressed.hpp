// RV32C: every compressed instruction is a short form of a base instruction. RISC-V unprivileged specification,
// chapter "C". Timing is that of the base instruction.
#pragma once
#include <cstdint>

namespace nmcu::iss {

// The 32-bit instruction that `c` stands for, or 0 (an illegal encoding) where it stands for none.
constexpr uint32_t expand_compressed(uint16_t c)
{
    const auto bit = [c](int from, int to) { return static_cast<uint32_t>((c >> from) & 1) << to; };
    const auto bits = [c](int high, int low, int to) {
        return ((static_cast<uint32_t>(c) >> low) & ((1u << (high - low + 1)) - 1)) << to;
    };
    const uint32_t rd = bits(11, 7, 0), rs2 = bits(6, 2, 0), rdp = 8 + bits(4, 2, 0),
                   rs1p = 8 + bits(9, 7, 0);
    const auto i_type = [](uint32_t imm, uint32_t rs1, uint32_t f3, uint32_t d, uint32_t op) {
        return (imm << 20) | (rs1 << 15) | (f3 << 12) | (d << 7) | op;
    };
    const auto s_type = [](uint32_t imm, uint32_t s2, uint32_t rs1, uint32_t f3) {
        return ((imm >> 5 & 0x7f) << 25) | (s2 << 20) | (rs1 << 15) | (f3 << 12) | ((imm & 31) << 7) | 0x23;
    };
    const auto r_type = [](uint32_t f7, uint32_t s2, uint32_t s1, uint32_t f3, uint32_t d) {
        return (f7 << 25) | (s2 << 20) | (s1 << 15) | (f3 << 12) | (d << 7) | 0x33;
    };
    const auto sign = [](uint32_t v, int width) { return v & (1u << (width - 1)) ? v | (~0u << width) : v; };
    const uint32_t imm6 = sign(bit(12, 5) | bits(6, 2, 0), 6);

    switch ((c & 3) << 3 | (c >> 13)) {
    case 000: { // c.addi4spn
        const uint32_t imm = bits(12, 11, 4) | bits(10, 7, 6) | bit(6, 2) | bit(5, 3);
        return imm ? i_type(imm, 2, 0, rdp, 0x13) : 0;
    }
    case 002: // c.lw
        return i_type(bits(12, 10, 3) | bit(6, 2) | bit(5, 6), rs1p, 2, rdp, 0x03);
    case 006: // c.sw
        return s_type(bits(12, 10, 3) | bit(6, 2) | bit(5, 6), rdp, rs1p, 2);
    case 010: // c.nop, c.addi
        return i_type(imm6 & 0xfff, rd, 0, rd, 0x13);
    case 011:   // c.jal
    case 015: { // c.j
        const uint32_t t = sign(bit(12, 11) | bit(11, 4) | bits(10, 9, 8) | bit(8, 10) | bit(7, 6) |
                                    bit(6, 7) | bits(5, 3, 1) | bit(2, 5),
                                12);
        const uint32_t d = (c >> 13) == 1 ? 1 : 0;
        return (t >> 20 & 1) << 31 | (t >> 1 & 0x3ff) << 21 | (t >> 11 & 1) << 20 | (t >> 12 & 0xff) << 12 |
               d << 7 | 0x6f;
    }
    case 012: // c.li
        return i_type(imm6 & 0xfff, 0, 0, rd, 0x13);
    case 013: // c.addi16sp, c.lui
        if (rd == 2) {
            const uint32_t imm = sign(bit(12, 9) | bit(6, 4) | bit(5, 6) | bits(4, 3, 7) | bit(2, 5), 10);
            return imm ? i_type(imm & 0xfff, 2, 0, 2, 0x13) : 0;
        }
        return imm6 ? (imm6 << 12) | (rd << 7) | 0x37 : 0;
    case 014:
        switch (bits(11, 10, 0)) {
        case 0: // c.srli
            return bit(12, 0) ? 0 : i_type(rs2, rs1p, 5, rs1p, 0x13);
        case 1: // c.srai
            return bit(12, 0) ? 0 : i_type(rs2 | 0x400, rs1p, 5, rs1p, 0x13);
        case 2: // c.andi
            return i_type(imm6 & 0xfff, rs1p, 7, rs1p, 0x13);
        default:
            if (bit(12, 0)) return 0;
            switch (bits(6, 5, 0)) {
            case 0: return r_type(0x20, rdp, rs1p, 0, rs1p); // c.sub
            case 1: return r_type(0, rdp, rs1p, 4, rs1p);    // c.xor
            case 2: return r_type(0, rdp, rs1p, 6, rs1p);    // c.or
            default: return r_type(0, rdp, rs1p, 7, rs1p);   // c.and
            }
        }
    case 016:   // c.beqz
    case 017: { // c.bnez
        const uint32_t t = sign(bit(12, 8) | bits(11, 10, 3) | bits(6, 5, 6) | bits(4, 3, 1) | bit(2, 5), 9);
        return (t >> 12 & 1) << 31 | (t >> 5 & 0x3f) << 25 | rs1p << 15 | ((c >> 13) == 7 ? 1u : 0u) << 12 |
               (t >> 1 & 15) << 8 | (t >> 11 & 1) << 7 | 0x63;
    }
    case 020: // c.slli
        return bit(12, 0) ? 0 : i_type(rs2, rd, 1, rd, 0x13);
    case 022: // c.lwsp
        return rd ? i_type(bit(12, 5) | bits(6, 4, 2) | bits(3, 2, 6), 2, 2, rd, 0x03) : 0;
    case 024:
        if (!bit(12, 0)) {
            if (rs2) return r_type(0, rs2, 0, 0, rd);  // c.mv
            return rd ? i_type(0, rd, 0, 0, 0x67) : 0; // c.jr
        }
        if (rs2) return r_type(0, rs2, rd, 0, rd);          // c.add
        return rd ? i_type(0, rd, 0, 1, 0x67) : 0x00100073; // c.jalr, c.ebreak
    case 026:                                               // c.swsp
        return s_type(bits(12, 9, 2) | bits(8, 7, 6), rs2, 2, 2);
    default: return 0;
    }
}

} // namespace nmcu::iss
