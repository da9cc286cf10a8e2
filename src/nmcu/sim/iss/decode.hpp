// From instruction words to table entries, operands and text.
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "../platform/types.hpp"
#include "compressed.hpp"
#include "extension_set.hpp"
#include "format.hpp"

namespace nmcu::iss {

enum Id : uint16_t {
#define INSN(name, ...) ID_##name,
#include "instructions.def"
#undef INSN
    INSTRUCTIONS,
    // Internal variants of instructions, never met in a program's encoding.
    ID_illegal = INSTRUCTIONS,
    ID_addi_sp, // the same with a check of the stack pointer
    ID_add_sp,
    ID_sub_sp,
    ID_loop_exit,   // what happens before an instruction that follows a hardware loop
    ID_jump_hazard, // and before one whose result the next jalr needs
    HANDLERS
};

struct Insn {
    const char *name;
    Pattern pattern;
    Format format;
    const char *text;
    Extension extension;
};

inline constexpr std::array<Insn, INSTRUCTIONS> INSNS = {{
#define INSN(name, pattern, form, text, ...) \
    {#name, pattern, EXTENSION::format::form, text, Extension::EXTENSION},
#include "instructions.def"
#undef INSN
}};

// The table entry that `word` (32-bit form) names for a core with `set`, or INSTRUCTIONS where there is none.
inline uint16_t find_instruction(uint32_t word, ExtensionSet set)
{
    static const auto buckets = [] {
        std::array<std::vector<uint16_t>, 32> b;
        for (uint16_t i = 0; i < INSTRUCTIONS; ++i)
            b[(INSNS[i].pattern.match >> 2) & 31].push_back(i);
        return b;
    }();
    if ((word & 3) == 3)
        for (const uint16_t i : buckets[(word >> 2) & 31])
            if ((word & INSNS[i].pattern.mask) == INSNS[i].pattern.match && set.has(INSNS[i].extension))
                return i;
    return INSTRUCTIONS;
}

// Two extensions in `set` that give one encoding different meanings, as a sentence; empty if there are none.
inline std::string encoding_clash(ExtensionSet set)
{
    for (const Insn &a : INSNS)
        for (const Insn &b : INSNS) {
            if (a.extension >= b.extension || !set.has(a.extension) || !set.has(b.extension)) continue;
            if ((a.pattern.match ^ b.pattern.match) & a.pattern.mask & b.pattern.mask) continue;
            return std::string("the instructions ") + a.name + " of " +
                   EXTENSION_NAMES[static_cast<size_t>(a.extension)] + " and " + b.name + " of " +
                   EXTENSION_NAMES[static_cast<size_t>(b.extension)] +
                   " share an encoding: a core cannot have both";
        }
    return {};
}

struct Decoded {
    uint16_t id = INSTRUCTIONS;
    uint8_t rd = 0, rs1 = 0, rs2 = 0, length = 4;
    uint32_t imm = 0;
};

inline uint32_t immediate(uint32_t w, Imm kind)
{
    const auto signed_bits = [w](int high, int low) {
        return static_cast<uint32_t>(static_cast<int32_t>(w << (31 - high)) >> (31 - high + low));
    };
    const auto bits = [w](int high, int low) { return (w >> low) & (~0u >> (31 - high + low)); };
    const uint32_t branch =
        (signed_bits(31, 31) << 12) | (bits(7, 7) << 11) | (bits(30, 25) << 5) | (bits(11, 8) << 1);
    switch (kind) {
    case Imm::None: return 0;
    case Imm::I: return signed_bits(31, 20);
    case Imm::S: return (signed_bits(31, 25) << 5) | bits(11, 7);
    case Imm::B:
    case Imm::BranchImm5: return branch;
    case Imm::U: return w & 0xfffff000u;
    case Imm::J:
        return (signed_bits(31, 31) << 20) | (bits(19, 12) << 12) | (bits(20, 20) << 11) |
               (bits(30, 21) << 1);
    case Imm::Shamt: return bits(24, 20);
    case Imm::Csr: return bits(31, 20);
    case Imm::Simd: return (signed_bits(24, 20) << 1) | bits(25, 25);
    case Imm::SimdU:
    case Imm::Shuffle: return (bits(24, 20) << 1) | bits(25, 25);
    case Imm::Is3: return bits(29, 25);
    case Imm::Is3Is2: return (bits(29, 25) << 8) | bits(24, 20);
    case Imm::Clip: return ((1u << bits(24, 20)) - 1) >> 1;
    case Imm::LoopI: return bits(31, 20) << 2;
    case Imm::LoopSetupI: return bits(31, 20);
    case Imm::Select: return bits(28, 25);
    case Imm::Word: return w;
    }
    return 0;
}

// Decodes the instruction whose first bytes are `raw` (upper half ignored for a compressed one).
inline Decoded decode(uint32_t raw, ExtensionSet set)
{
    Decoded d;
    uint32_t word = raw;
    if ((raw & 3) != 3) {
        d.length = 2;
        word = expand_compressed(static_cast<uint16_t>(raw));
        if (word == 0) return d;
    }
    const uint16_t id = find_instruction(word, set);
    if (id >= INSTRUCTIONS) return d;
    d.id = id;
    d.rd = (word >> 7) & 31;
    d.rs1 = (word >> 15) & 31;
    d.rs2 = (word >> 20) & 31;
    d.imm = immediate(word, INSNS[id].format.imm);
    return d;
}

inline constexpr std::array<const char *, 32> REGISTER_NAMES = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

std::string csr_name(uint32_t number);

// Text of the instruction `raw` at `pc`, with all extensions known.
inline std::string disassemble(uint32_t raw, uint32_t pc)
{
    const Decoded d = decode(raw, ExtensionSet::all());
    if (d.id == INSTRUCTIONS) return d.length == 2 ? ".short " + hex(raw & 0xffff) : ".word " + hex(raw);
    const Insn &insn = INSNS[d.id];
    const auto signed_text = [](uint32_t v) { return std::to_string(static_cast<int32_t>(v)); };
    std::string out = d.length == 2 ? "c." : "", token;
    const auto flush = [&] {
        if (token == "rd" || token == "rs3")
            out += REGISTER_NAMES[d.rd];
        else if (token == "rs1")
            out += REGISTER_NAMES[d.rs1];
        else if (token == "rs2")
            out += REGISTER_NAMES[d.rs2];
        else if (token == "imm")
            out += signed_text(d.imm);
        else if (token == "uimm20")
            out += std::to_string(d.imm >> 12);
        else if (token == "uimm12")
            out += std::to_string(d.imm >> 2);
        else if (token == "imm5")
            out += signed_text(
                static_cast<uint32_t>(static_cast<int32_t>(static_cast<uint32_t>(d.rs2) << 27) >> 27));
        else if (token == "zimm")
            out += std::to_string(d.rs1);
        else if (token == "csr")
            out += csr_name(d.imm);
        else if (token == "target")
            out += hex(pc + d.imm);
        else if (token == "loops")
            out += std::to_string(d.imm);
        else if (token == "body")
            out += hex(pc + 4u * d.rs1);
        else if (token == "L")
            out += std::to_string(d.rd & 1);
        else if (token == "is3")
            out += std::to_string(insn.format.imm == Imm::Is3Is2 ? d.imm >> 8 : d.imm);
        else if (token == "is2")
            out += std::to_string(insn.format.imm == Imm::Is3Is2 ? d.imm & 31 : d.rs2);
        else
            out += token;
        token.clear();
    };
    const char *p = insn.text;
    while (*p && *p != ' ')
        out += *p++; // the mnemonic holds no operands
    for (; *p; ++p) {
        const bool word = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == 'L';
        if (word)
            token += *p;
        else {
            flush();
            out += *p;
        }
    }
    flush();
    return out;
}

} // namespace nmcu::iss
