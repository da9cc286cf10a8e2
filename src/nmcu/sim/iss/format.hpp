// Encoding patterns and operand formats: how instruction tables are read.
#pragma once
#include <cstdint>
#include <stdexcept>

namespace nmcu::iss {

// Bits that identify an instruction. A pattern is written as in the manuals, from bit 31 down: '0' and '1' are fixed,
// letters are operands, blanks are ignored.
struct Pattern {
    uint32_t mask = 0, match = 0;
    consteval Pattern(const char *text)
    {
        int bits = 0;
        for (; *text; ++text) {
            if (*text == ' ') continue;
            mask <<= 1;
            match <<= 1;
            if (*text == '0' || *text == '1') {
                mask |= 1;
                match |= *text == '1';
            }
            ++bits;
        }
        if (bits != 32) throw std::logic_error("a pattern has 32 bits");
    }
};

// Where an immediate sits. Word: the whole instruction, for an extension whose immediate is none of the others.
// clang-format off
#define NMCU_IMMEDIATES(X)                                                                            \
    X(None) X(I) X(S) X(B) X(U) X(J) X(Shamt) X(Csr) X(BranchImm5) X(Simd) X(SimdU) X(Shuffle) X(Is3) \
    X(Is3Is2) X(Clip) X(LoopI) X(LoopSetupI) X(Select) X(Word)
// clang-format on
#define NMCU_NAME(name) name,
enum class Imm : uint8_t { NMCU_IMMEDIATES(NMCU_NAME) };
#undef NMCU_NAME
#define NMCU_NAME(name) #name,
inline constexpr const char *IMM_NAMES[] = {NMCU_IMMEDIATES(NMCU_NAME)};
#undef NMCU_NAME

// Which registers an instruction reads and writes (for hazards and traces) and where its immediate sits.
struct Format {
    bool writes_rd = false, reads_rs1 = false, reads_rs2 = false, reads_rd = false, writes_rs1 = false;
    Imm imm = Imm::None;
    bool is_load = false, is_store = false;
    // A load that merges into rd hands rd on to the next such instruction (of the same extension) without a stall.
    bool forwards_rd = false;

    // Whether rd is loaded, and whoever reads it next waits.
    constexpr bool loads_rd() const { return is_load && writes_rd; }
};

namespace format {
constexpr Format R{.writes_rd = true, .reads_rs1 = true, .reads_rs2 = true};
constexpr Format R1{.writes_rd = true, .reads_rs1 = true}; // one source register
constexpr Format I{.writes_rd = true, .reads_rs1 = true, .imm = Imm::I};
constexpr Format SH{.writes_rd = true, .reads_rs1 = true, .imm = Imm::Shamt};
constexpr Format L{.writes_rd = true, .reads_rs1 = true, .imm = Imm::I, .is_load = true};
constexpr Format S{.reads_rs1 = true, .reads_rs2 = true, .imm = Imm::S, .is_store = true};
constexpr Format B{.reads_rs1 = true, .reads_rs2 = true, .imm = Imm::B};
constexpr Format U{.writes_rd = true, .imm = Imm::U};
constexpr Format J{.writes_rd = true, .imm = Imm::J};
constexpr Format NONE{};
constexpr Format CSR{.writes_rd = true, .reads_rs1 = true, .imm = Imm::Csr};
constexpr Format CSRI{.writes_rd = true, .imm = Imm::Csr};
} // namespace format

} // namespace nmcu::iss
