// The program, decoded once and shared by all cores: one entry per halfword of every executable segment.
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "../platform/config.hpp"
#include "../platform/elf.hpp"
#include "../platform/memory.hpp"
#include "decode.hpp"

namespace nmcu::iss {

// Entry flags. An entry with exactly DECODED set can be entered by a jump without further ado.
enum : uint8_t {
    DECODED = 1,
    UNALIGNED = 2,   // 32-bit instruction across a word boundary: one more cycle as a jump target
    LOOP_EXIT = 4,   // follows the last instruction of a hardware loop
    JUMP_HAZARD = 8, // the jalr that follows needs this instruction's result
    LOOP_START = 16, // a hardware loop that breaks the manual's constraints starts here
};

struct Op {
    int32_t handler; // offset of the code that executes it; 0: not decoded yet
    uint32_t imm;
    uint8_t rd; // 32 where the result is discarded
    uint8_t rs1, rs2;
    uint8_t length; // in halfwords
    uint8_t extra;  // stall cycles that the next instruction suffers from this one
    uint8_t flags;
    uint16_t id;
};
static_assert(sizeof(Op) == 16);

// The entry is decoded again when it is next reached. Its operands stay: it may be the instruction that runs.
inline void forget(Op &op)
{
    op.handler = 0;
    op.flags = 0;
}

struct CodeSegment {
    uint32_t base = 0, size = 0;
    bool writable = false;
    const Memory *memory = nullptr;
    std::vector<Op> ops; // size / 2 + 2: the last two are never decoded and end in a fetch fault
    std::vector<uint8_t>
        loop_exit; // > 0 where a hardware loop ends: 1 + stall from its last to the next instruction
    std::vector<uint8_t> loop_start; // 1 where one starts that must not run

    bool contains(uint32_t pc) const { return pc - base < size; }
    const Op *at(uint32_t pc) const { return ops.data() + ((pc - base) >> 1); }
    Op *at(uint32_t pc) { return ops.data() + ((pc - base) >> 1); }
    uint32_t exit_stall(uint32_t pc) const
    {
        const uint8_t exit = loop_exit[(pc - base) >> 1];
        return exit ? exit - 1u : 0;
    }
    // The four bytes at pc; zeros beyond the end of the segment.
    uint32_t fetch(uint32_t pc) const
    {
        const uint32_t left = size - (pc - base);
        return memory->load(pc, left < 4 ? left : 4);
    }
};

// Whether `next` reads what the load before it brings (cv32e40p_controller.sv, load_stall_o).
inline bool reads_loaded(const Decoded &load, const Decoded &next)
{
    if (next.id >= INSTRUCTIONS || load.rd == 0) return false;
    const Format &f = INSNS[next.id].format;
    const Insn &insn = INSNS[load.id];
    const bool merges =
        insn.format.forwards_rd && f.forwards_rd && insn.extension == INSNS[next.id].extension;
    return (f.reads_rs1 && next.rs1 == load.rd) || (f.reads_rs2 && next.rs2 == load.rd) ||
           (f.reads_rd && !merges && next.rd == load.rd);
}

// Stall cycles between a load and the instruction that follows it.
inline uint32_t load_hazard(const TimingConfig &timing, const Decoded &load, const Decoded &next)
{
    if (next.id >= INSTRUCTIONS) return 0;
    if (!timing.load_overwrite) return reads_loaded(load, next) ? timing.load_use : 0;
    const Format &f = INSNS[next.id].format;
    // Write after write: an ALU result (or an incremented address) may not overtake the loaded value, x0 included.
    // A jump that only waits for that is carried out meanwhile.
    const bool jumps = next.id == ID_jal || next.id == ID_jalr;
    const bool writes =
        (f.writes_rd && !jumps && !f.is_load && next.rd == load.rd) || (f.writes_rs1 && next.rs1 == load.rd);
    return reads_loaded(load, next) || writes ? timing.load_use : 0;
}

// Of all executable segments: decoded, each byte takes eight and a half.
constexpr uint64_t MOST_CODE_BYTES = 32u << 20;

class Code {
public:
    Code(const Elf &elf, MemoryMap &memories, ExtensionSet set, const TimingConfig &timing)
        : timing(timing),
          set_(set)
    {
        uint64_t bytes = 0;
        for (const Segment &s : elf.segments)
            bytes += s.executable ? s.size : 0;
        if (bytes > MOST_CODE_BYTES)
            throw ElfError("its executable segments have " + std::to_string(bytes) + " bytes, at most " +
                           std::to_string(MOST_CODE_BYTES) + " are simulated");
        for (const Segment &s : elf.segments) {
            if (!s.executable) continue;
            CodeSegment c;
            c.base = s.address;
            c.size = s.size & ~1u;
            c.writable = s.writable;
            c.memory = memories.find(s.address, s.size);
            c.ops.resize(c.size / 2 + 2);
            c.loop_exit.resize(c.size / 2 + 2);
            c.loop_start.resize(c.size / 2 + 2);
            segments_.push_back(std::move(c));
        }
    }

    CodeSegment *find(uint32_t pc)
    {
        for (auto &s : segments_)
            if (s.contains(pc)) return &s;
        return nullptr;
    }
    std::vector<CodeSegment> &segments() { return segments_; }
    ExtensionSet set() const { return set_; }

    // The instruction at pc, or an entry that does not exist where pc holds none.
    Decoded peek(const CodeSegment &s, uint32_t pc) const
    {
        if (!s.contains(pc)) return {};
        return decode(s.fetch(pc), set_);
    }

    // A hardware loop ends at `end`: what follows its last instruction is entered through the loop's exit.
    void mark_loop_end(CodeSegment &s, uint32_t end)
    {
        const uint32_t index = (end - s.base) / 2;
        const Decoded last = peek(s, end - 4);
        const bool load = last.id < INSTRUCTIONS && INSNS[last.id].format.loads_rd();
        s.loop_exit[index] = 1 + static_cast<uint8_t>(load ? load_hazard(timing, last, peek(s, end)) : 0);
        forget(s.ops[index]); // decoded again, with what it needs to close the loop
        if (index >= 2) forget(s.ops[index - 2]);
    }

    // A hardware loop starts at `start` that must not run.
    void mark_loop_start(CodeSegment &s, uint32_t start)
    {
        const uint32_t index = (start - s.base) / 2;
        s.loop_start[index] = 1;
        forget(s.ops[index]);
    }

    // A store to an executable, writable segment: what was decoded there, and what looked ahead to it, is forgotten.
    void invalidate(uint32_t address, uint32_t bytes)
    {
        for (auto &s : segments_) {
            const uint64_t begin = std::max<uint64_t>(s.base, address > 12 ? address - 12 : 0);
            const uint64_t end = std::min<uint64_t>(uint64_t{s.base} + s.size, uint64_t{address} + bytes);
            bool known = false;
            for (uint64_t a = begin & ~uint64_t{1}; a < end; a += 2) {
                if (a < s.base) continue;
                Op &op = *s.at(static_cast<uint32_t>(a));
                known = known || op.flags & DECODED;
                forget(op);
            }
            if (!known) continue;
            ++version_;
            for (uint64_t e = (begin + 9) & ~uint64_t{1}; e < end + 4 && e - s.base <= s.size; e += 2)
                if (s.loop_exit[(e - s.base) / 2]) mark_loop_end(s, static_cast<uint32_t>(e));
        }
    }
    // Counts the changes of code that was known.
    uint32_t version() const { return version_; }

    const TimingConfig timing;

private:
    ExtensionSet set_;
    std::vector<CodeSegment> segments_;
    uint32_t version_ = 0;
};

} // namespace nmcu::iss
