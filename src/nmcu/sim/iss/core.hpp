// The instruction-set core: executes decoded instructions with the timing of the CV32E40P.
//
// It meets the platform like any core (platform/core.hpp): it asks for one bus transaction at a time, for the cycle
// `due`. Between transactions it runs ahead of the platform's time, because nothing but memory ties cores together.
// While no other core or DMA can touch memory before cycle `horizon`, it even accesses one-cycle memories directly.
#pragma once
#include <cstring>
#include <functional>
#include <span>
#include <utility>

#include "../platform/types.hpp"
#include "arithmetic.hpp"
#include "code.hpp"
#include "csr.hpp"

namespace nmcu::iss {

#define NMCU_LIKELY(x) __builtin_expect(!!(x), 1)
#define NMCU_UNLIKELY(x) __builtin_expect(!!(x), 0)

// A one-cycle memory that cores may access directly. Stores also need `page_guard[offset >> 8] == 0`.
struct Window {
    uint32_t base = 0, size = 0, bank_mask = 0;
    uint8_t *data = nullptr;
    const uint8_t *page_guard = nullptr;
    uint64_t *bank_accesses = nullptr;
};

// How an extension puts loaded data into rd: the new value from the old one, the data, and a detail of its own.
using Place = uint32_t (*)(uint32_t old, uint32_t data, uint32_t detail);

using Histogram = std::array<uint64_t, INSTRUCTIONS>;

class Core {
public:
    enum class Wants : uint8_t { Advance, Access, Sleep, Fault };
    static constexpr bool runs_ahead = true;

    // What the machine around the core allows it to do on its own.
    struct Freedom {
        Cycle loads = 0, stores = 0; // direct accesses strictly before these cycles
        Cycle limit = 0;             // come back at the first jump from this cycle on
    };

    struct TraceSink {
        // Called before each instruction while tracing: returns false to stop the core there.
        virtual bool before(const Core &core, uint32_t pc, Cycle time) = 0;
        virtual ~TraceSink() = default;
    };

    void reset(uint32_t hart, Code &code, std::array<Window, 2> windows, uint32_t entry)
    {
        state = State{};
        state.csr.hart = hart;
        code_ = &code;
        windows_ = windows;
        hart_ = hart;
        histogram.fill(0);
        stalls.fill(0);
        wants = Wants::Advance;
        due = 0;
        if (entry & 1) return fail(Fault::Kind::MisalignedFetch, entry, "the entry point is odd");
        if (!go_to(entry))
            return fail(Fault::Kind::FetchOutsideCode, entry,
                        "the entry point is not in an executable segment");
    }

    // ---- the platform's view
    Cycle due = 0; // the cycle in which it wants something
    Wants wants = Wants::Advance;
    Request request;
    Fault fault;
    Stalls stalls{};
    Histogram histogram{};
    State state;

    // Runs on until it wants something; sets wants and due.
    void advance(const Freedom &freedom) { sink ? run<true>(freedom) : run<false>(freedom); }

    // The request was granted in cycle `now`; `data` arrives in the next one.
    void respond(Cycle now, uint32_t data)
    {
        if (access_.second_size) { // first half of an access that crosses a word
            access_.first_data = data;
            request.address += request.size;
            request.data = access_.second_data;
            access_.first_size = request.size;
            request.size = access_.second_size;
            access_.second_size = 0;
            ++stalls[size_t(Cause::Misaligned)];
            due = now + 1;
            return;
        }
        const Op &op = *state.op;
        if (!request.write) {
            if (access_.first_size) data = access_.first_data | (data << (8 * access_.first_size));
            finish_load(op, data);
        }
        access_.first_size = 0;
        if (now != state.time) state.busy_until = now + 1; // it was not granted at once
        state.time = now + 1 + op.extra;
        stalls[size_t(Cause::LoadUse)] += op.extra;
        state.op = &op + op.length;
        state.by_jump = false;
        wants = Wants::Advance;
        due = state.time;
    }

    // The request was not granted in the `cycles` cycles before the next attempt.
    void defer(Cause cause, Cycle cycles)
    {
        stalls[size_t(cause)] += cycles;
        due += cycles;
    }

    // The run ended while the core was asking: that instruction is not complete.
    void abandon()
    {
        if (state.op && state.op->id < INSTRUCTIONS) --histogram[state.op->id];
    }

    uint32_t pc() const
    {
        return state.segment
                   ? state.segment->base + static_cast<uint32_t>(state.op - state.segment->ops.data()) * 2
                   : fault.pc;
    }
    uint32_t hart() const { return hart_; }
    ExtensionSet extensions() const { return code_->set(); }
    std::span<const uint32_t> registers() const { return {state.regs, 32}; }
    uint64_t instructions() const
    {
        uint64_t n = 0;
        for (const uint64_t h : histogram)
            n += h;
        return n;
    }

    uint32_t stack_limit = 0, stack_top = 0; // the stack grows from top down to limit; 0: not known
    uint32_t lowest_sp = ~0u;
    TraceSink *sink = nullptr;

private:
    struct Access {
        uint32_t first_data = 0, second_data = 0;
        uint8_t first_size = 0, second_size = 0;
        bool is_signed = false;
        uint8_t size = 0;
    };

    bool go_to(uint32_t pc)
    {
        CodeSegment *s = code_->find(pc);
        if (!s) return false;
        state.segment = s;
        state.op = s->at(pc);
        state.by_jump = true;
        return true;
    }

    void fail(Fault::Kind kind, uint32_t address, std::string detail)
    {
        fault = Fault{kind, static_cast<int>(hart_), pc(), state.time, address, 0, std::move(detail)};
        wants = Wants::Fault;
        due = state.time;
    }

    void finish_load(const Op &op, uint32_t data)
    {
        uint32_t *regs = state.regs;
        if (NMCU_UNLIKELY(place_ != nullptr)) {
            regs[op.rd] = std::exchange(place_, nullptr)(regs[op.rd], data, place_detail_);
            return;
        }
        switch (access_.size) {
        case 1: data = access_.is_signed ? U32(int8_t(data)) : uint8_t(data); break;
        case 2: data = access_.is_signed ? U32(int16_t(data)) : uint16_t(data); break;
        default: break;
        }
        regs[op.rd] = data;
    }

    // Hands an access to the platform.
    void ask(const Op *op, Cycle time, uint32_t address, uint32_t size, bool write, uint32_t data,
             bool is_signed)
    {
        state.op = op;
        state.time = time;
        const uint32_t to_word_end = 4 - (address & 3);
        access_ = Access{};
        access_.size = static_cast<uint8_t>(size);
        access_.is_signed = is_signed;
        uint32_t first = size;
        if (size > to_word_end) {
            first = to_word_end;
            access_.second_size = static_cast<uint8_t>(size - first);
            access_.second_data = data >> (8 * first);
        }
        request = Request{address, data, static_cast<uint8_t>(first), write};
        wants = Wants::Access;
        due = time;
    }

    // A direct access that the fast path refused: another window, or across a word. Returns false if it is the
    // platform's business; otherwise `time` is the cycle in which the access ended, less one.
    bool direct(uint32_t address, uint32_t size, bool write, const Freedom &freedom, Cycle &time,
                uint32_t &data)
    {
        const bool crosses = (address & 3) + size > 4;
        if (time + crosses >= (write ? freedom.stores : freedom.loads)) return false;
        for (const Window &w : windows_) {
            const uint32_t offset = address - w.base;
            if (offset >= w.size || w.size - offset < size) continue;
            if (write) {
                if (w.page_guard[offset >> 8] || w.page_guard[(offset + size - 1) >> 8]) return false;
                std::memcpy(w.data + offset, &data, size);
            } else {
                data = 0;
                std::memcpy(&data, w.data + offset, size);
            }
            ++w.bank_accesses[(address >> 2) & w.bank_mask];
            if (crosses) {
                ++w.bank_accesses[((address >> 2) + 1) & w.bank_mask];
                ++stalls[size_t(Cause::Misaligned)];
                ++time;
                state.busy_until = time + 1;
            }
            return true;
        }
        return false;
    }

    // A jump that was carried out early delivers its link register late to a jalr at its target.
    bool link_hazard(const CodeSegment *segment, uint32_t target, const Op &jump) const
    {
        if (jump.rd == 32 || !segment->contains(target)) return false;
        const Decoded d = code_->peek(*segment, target);
        return d.id == ID_jalr && d.rs1 == jump.rd;
    }

    void decode_entry(CodeSegment &s, Op *op, const int32_t *handlers);
    bool loop_body_ok(uint32_t which, std::string &problem);

    template <bool traced>
    __attribute__((noinline, noclone)) void run(const Freedom &freedom);

    Code *code_ = nullptr;
    std::array<Window, 2> windows_;
    uint32_t hart_ = 0;
    Access access_;
    Place place_ = nullptr; // how the data asked for goes into rd, where it does not just replace it
    uint32_t place_detail_ = 0;
};

// Fills in the entry at op. `handlers` holds the offset of every handler, see run().
inline void Core::decode_entry(CodeSegment &s, Op *op, const int32_t *handlers)
{
    const uint32_t pc = s.base + static_cast<uint32_t>(op - s.ops.data()) * 2;
    const Decoded d = code_->peek(s, pc);
    Op o{};
    o.length = d.length / 2;
    o.flags = DECODED;
    if (d.length == 4 && (pc & 2)) o.flags |= UNALIGNED;
    if (d.id >= INSTRUCTIONS || pc + d.length - s.base > s.size) {
        o.id = ID_illegal;
        if (s.loop_exit[static_cast<size_t>(op - s.ops.data())]) o.flags |= LOOP_EXIT;
        o.handler = handlers[o.flags & LOOP_EXIT ? ID_loop_exit : ID_illegal];
        *op = o;
        return;
    }
    const Format &f = INSNS[d.id].format;
    o.id = d.id;
    o.imm = d.imm;
    o.rd = f.writes_rd && d.rd == 0 ? 32 : d.rd;
    o.rs1 = d.rs1;
    o.rs2 = d.rs2;
    const Decoded next = code_->peek(s, pc + d.length);
    if (f.is_load) {
        o.extra = static_cast<uint8_t>(load_hazard(d, next));
        // jalr reads its register in the ID stage: it also waits while the load is in WB.
        if (d.rd != 0) {
            if (next.id == ID_jalr && next.rs1 == d.rd)
                o.extra = 2;
            else if (next.id < INSTRUCTIONS && o.extra == 0) {
                const Decoded after = code_->peek(s, pc + d.length + next.length);
                const Format &nf = INSNS[next.id].format;
                const bool straight =
                    nf.imm != Imm::B && nf.imm != Imm::J && nf.imm != Imm::BranchImm5 && next.id != ID_jalr;
                if (straight && after.id == ID_jalr && after.rs1 == d.rd) o.extra = 1;
            }
        }
    } else if (next.id == ID_jalr && ((f.writes_rd && d.rd != 0 && d.rd == next.rs1))) {
        o.flags |= JUMP_HAZARD;
    }
    if ((f.writes_rs1 && next.id == ID_jalr && d.rs1 == next.rs1 && d.rs1 != 0) && !f.is_load)
        o.flags |= JUMP_HAZARD;
    if (o.rd == 2 && f.writes_rd) {
        if (d.id == ID_addi) o.id = ID_addi_sp;
        if (d.id == ID_add) o.id = ID_add_sp;
        if (d.id == ID_sub) o.id = ID_sub_sp;
    }
    // The last instruction of a hardware loop has two successors: its hazard is settled at the loop's exit.
    const uint32_t index = static_cast<uint32_t>(op - s.ops.data());
    if (s.loop_exit[index]) o.flags |= LOOP_EXIT;
    if (d.length == 4 && s.loop_exit[index + 2]) o.extra = 0;
    const uint32_t which = o.flags & LOOP_EXIT     ? uint32_t{ID_loop_exit}
                           : o.flags & JUMP_HAZARD ? uint32_t{ID_jump_hazard}
                                                   : uint32_t{o.id};
    o.handler = handlers[which];
    *op = o;
}

// The manual's constraints on hardware loops, for the loop `which` about to run with a count above 0.
inline bool Core::loop_body_ok(uint32_t which, std::string &problem)
{
    HardwareLoop &loop = state.loops[which];
    const std::string name =
        "hardware loop " + std::to_string(which) + " from " + hex(loop.start) + " to " + hex(loop.end);
    CodeSegment *s = code_->find(loop.start);
    if (loop.end <= loop.start) {
        problem = name + ": the end is not after the start";
        return false;
    }
    if (loop.end - loop.start < 12) {
        problem = name + ": the body must have at least 3 instructions";
        return false;
    }
    if (!s || loop.end - s->base > s->size) {
        problem = name + ": the body is not inside an executable segment";
        return false;
    }
    for (uint32_t pc = loop.start; pc < loop.end; pc += 4) {
        const Decoded d = code_->peek(*s, pc);
        if (d.length != 4) {
            problem = name + ": compressed instruction at " + hex(pc) + " in the body";
            return false;
        }
        if (d.id >= INSTRUCTIONS) continue; // faults if reached
        const Format &f = INSNS[d.id].format;
        const bool jump = f.imm == Imm::B || f.imm == Imm::J || f.imm == Imm::BranchImm5 || d.id == ID_jalr;
        if (jump || d.id == ID_fence || d.id == ID_fence_i || d.id == ID_mret || d.id == ID_wfi) {
            problem = name + ": " + disassemble(s->fetch(pc), pc) + " at " + hex(pc) +
                      " is not allowed in the body";
            return false;
        }
    }
    const uint32_t index = (loop.end - s->base) / 2;
    const Decoded last = code_->peek(*s, loop.end - 4);
    const bool load = last.id < INSTRUCTIONS && INSNS[last.id].format.is_load;
    loop.back_edge_stall = load ? load_hazard(last, code_->peek(*s, loop.start)) : 0;
    if (!s->loop_exit[index]) {
        s->loop_exit[index] =
            1 + static_cast<uint8_t>(load ? load_hazard(last, code_->peek(*s, loop.end)) : 0);
        s->ops[index] = Op{}; // decoded again, with what it needs to close the loop
        s->ops[index - 2] = Op{};
    }
    loop.checked_start = loop.start;
    loop.checked_end = loop.end;
    return true;
}

#include "run.inc"

} // namespace nmcu::iss
