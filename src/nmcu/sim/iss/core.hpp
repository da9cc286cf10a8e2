// The instruction-set core: executes decoded instructions with the timing of a CV32E40P, or what TimingConfig says.
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
#include "events.hpp"

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

// What an extension does with loaded data, where they do not just replace rd; `detail` is its own.
using Place = void (*)(State &state, const Op *op, uint32_t data, uint32_t detail);

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
    void advance(const Freedom &freedom) { must_watch() ? run<true>(freedom) : run<false>(freedom); }

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
        const Op &op = access_.op;
        if (!request.write) {
            if (access_.first_size) data = access_.first_data | (data << (8 * access_.first_size));
        }
        access_.first_size = 0;
        if (now != state.time) state.busy_until = now + 1; // it was not granted at once
        state.time = now + 1 + op.extra;
        if (!request.write) finish_load(op, data);
        stalls[size_t(Cause::LoadUse)] += op.extra;
        state.op += op.length;
        state.by_jump = false;
        wants = Wants::Advance;
        due = state.time;
    }

    // The request that was granted, a store, has changed code.
    void code_stored(uint32_t address, uint32_t bytes)
    {
        const uint32_t next = pc() + 2u * access_.op.length, end = address + bytes;
        bool ahead = end - next - 1 < FETCHED_AHEAD + bytes - 1;
        for (const HardwareLoop &loop : state.loops)
            ahead = ahead || (loop.count > 1 && loop.end - next < FETCHED_AHEAD &&
                              end - loop.start - 1 < FETCHED_AHEAD + bytes - 1);
        if (ahead) stored_ = {address, end, pc(), next, FETCHED_AHEAD};
    }

    // The request was not granted in the `cycles` cycles before the next attempt.
    void defer(Cause cause, Cycle cycles)
    {
        stalls[size_t(cause)] += cycles;
        due += cycles;
    }

    // Takes the interrupt `line` before the next instruction; returns false where it is not enabled. No platform raises
    // lines: this is for who drives a core alone, between two instructions.
    bool interrupt(uint32_t line)
    {
        CsrFile &csr = state.csr;
        if (!(csr.mstatus & 8) || !(csr.mie >> line & 1)) return false;
        csr.enter_trap(pc(), 1u << 31 | line);
        stalls[size_t(Cause::Trap)] += INTERRUPT_CYCLES;
        state.time += INTERRUPT_CYCLES;
        const uint32_t handler = (csr.mtvec & ~0xffu) + (csr.mtvec & 1 ? 4 * line : 0);
        if (!go_to(handler))
            fail(Fault::Kind::FetchOutsideCode, handler,
                 "the interrupt handler is not in an executable segment");
        return true;
    }

    // The run ended while the core was asking: that instruction is not complete.
    void abandon()
    {
        if (access_.op.id < INSTRUCTIONS) --histogram[access_.op.id];
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
        Op op; // as it was decoded: the access may change the program
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
        if (NMCU_UNLIKELY(place_ != nullptr))
            return std::exchange(place_, nullptr)(state, &op, data, place_detail_);
        switch (access_.size) {
        case 1: data = access_.is_signed ? U32(int8_t(data)) : uint8_t(data); break;
        case 2: data = access_.is_signed ? U32(int16_t(data)) : uint16_t(data); break;
        default: break;
        }
        state.regs[op.rd] = data;
    }

    // Hands an access to the platform.
    void ask(const Op *op, Cycle time, uint32_t address, uint32_t size, bool write, uint32_t data,
             bool is_signed)
    {
        state.op = op;
        state.time = time;
        const uint32_t to_word_end = 4 - (address & 3);
        access_ = Access{*op};
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

    // A branch that was taken: the core predicts the last one backwards to be taken again.
    void remember_branch(const Op *branch)
    {
        if (branch->imm >> 31) state.remembered = branch;
    }

    // The handler of an entry that is reached from the instruction before it.
    static uint32_t handler_of(const Op &op)
    {
        return op.flags & (LOOP_EXIT | LOOP_START) ? uint32_t{ID_loop_exit}
               : op.flags & JUMP_HAZARD            ? uint32_t{ID_jump_hazard}
                                                   : uint32_t{op.id};
    }
    void decode_entry(CodeSegment &s, Op *op, const int32_t *handlers);

    // Called where a loop's count is set, or its bounds with a count above 0.
    void loop_armed(HardwareLoop &loop)
    {
        if (loop.start != loop.known_start || loop.end != loop.known_end ||
            loop.known_version != code_->version())
            look_at(loop);
        // The manual: the outer loop (1) ends at least two instructions after the inner one (0).
        HardwareLoop &inner = state.loops[0];
        const HardwareLoop &outer = state.loops[1];
        inner.too_close = inner.count && outer.count && inner.start >= outer.start &&
                          inner.start < outer.end && outer.end < inner.end + 8;
        if (inner.too_close) mark(inner);
    }
    void look_at(HardwareLoop &loop);
    void mark(const HardwareLoop &loop);
    std::string loop_problem(const HardwareLoop &loop) const;
    // A loop that must not run, with a count above 0, whose start or end (`edge`) is pc.
    const HardwareLoop *broken_loop(uint32_t HardwareLoop::*edge, uint32_t pc) const
    {
        for (const HardwareLoop &loop : state.loops)
            if ((loop.broken || loop.too_close) && loop.count && loop.*edge == pc) return &loop;
        return nullptr;
    }
    // Whether pc lies in the body of a loop that is running.
    bool inside_loop(uint32_t pc) const
    {
        for (const HardwareLoop &loop : state.loops)
            if (loop.count > 1 && pc - loop.start < loop.end - loop.start) return true;
        return false;
    }
    bool decodes_in_loop(uint32_t pc) const;
    // Cycles from an illegal word to the flush that every trap begins with (cv32e40p_controller.sv, halt_id_o): it
    // passes through EX before it traps, and waits there if it is no CSR access; in the body of a hardware loop it does
    // not, and traps while the instruction before it still holds EX.
    uint32_t illegal_word_cycles(uint32_t pc, Cycle time) const
    {
        if (decodes_in_loop(pc)) return time == state.busy_until ? 0 : 1;
        const uint32_t word = code_->find(pc)->fetch(pc);
        return (word & 0x7f) == 0x73 && (word >> 12 & 7) != 0 ? 1 : 2;
    }

    // ---- what is looked at before each instruction, where anybody asks for it
    bool must_watch() const { return sink || state.csr.counts_events() || stored_.left; }
    bool watch(const Op &op, uint32_t pc);
    void count_events(const Op &op, uint32_t pc);
    uint32_t stalls_seen(uint32_t pc) const;
    bool fetched_before(const Op &op, uint32_t pc);

    template <bool watched>
    __attribute__((noinline, noclone)) void run(const Freedom &freedom);

    // Code that the core itself has changed, as long as it may run what it fetched before.
    struct Stored {
        uint32_t begin = 0, end = 0, pc = 0;
        uint32_t next = 0; // address of the instruction that comes next
        uint32_t left = 0; // bytes of instructions that may have been fetched; 0: all that counts is new
    };
    static constexpr Cycle INTERRUPT_CYCLES = 2;  // that no instruction leaves ID before the handler's first
    static constexpr uint32_t FETCHED_AHEAD = 16; // measured on the RTL: 8 bytes, 12 where the store waits

    Code *code_ = nullptr;
    Stored stored_;
    struct Before { // the instruction before, where events are counted
        bool known = false;
        Op op;
        uint32_t pc = 0;
        Stalls stalls{};
    };
    Before before_;
    std::array<Window, 2> windows_;
    uint32_t hart_ = 0;
    Access access_;
    Place place_ = nullptr; // what becomes of the data asked for, where they do not just replace rd
    uint32_t place_detail_ = 0;
};

// Fills in the entry at op. `handlers` holds the offset of every handler, see run(); null where entries are not entered
// by theirs, which is then found when it is.
inline void Core::decode_entry(CodeSegment &s, Op *op, const int32_t *handlers)
{
    const uint32_t pc = s.base + static_cast<uint32_t>(op - s.ops.data()) * 2;
    const Decoded d = code_->peek(s, pc);
    Op o{};
    o.length = d.length / 2;
    o.flags = DECODED;
    if (d.length == 4 && (pc & 2)) o.flags |= UNALIGNED;
    const auto index = static_cast<uint32_t>(op - s.ops.data());
    if (s.loop_exit[index]) o.flags |= LOOP_EXIT;
    if (s.loop_start[index]) o.flags |= LOOP_START;
    if (d.id >= INSTRUCTIONS || pc + d.length - s.base > s.size) {
        o.id = ID_illegal;
        o.handler = handlers ? handlers[handler_of(o)] : 0;
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
    const TimingConfig &timing = code_->timing;
    if (f.is_store) o.extra = static_cast<uint8_t>(timing.store - 1);
    if (f.is_load) o.extra = static_cast<uint8_t>(timing.load - 1);
    if (f.loads_rd()) {
        o.extra += static_cast<uint8_t>(load_hazard(timing, d, next));
        // jalr reads its register in the ID stage: it also waits while the load is in WB.
        if (d.rd != 0 && timing.early_jumps) {
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
        // And it waits for a base that the load in EX moves on.
        const bool moved = f.writes_rs1 && d.rs1 != 0 && next.id == ID_jalr && next.rs1 == d.rs1;
        if (timing.early_jumps && moved && o.extra == 0) o.extra = 1;
    } else if (timing.early_jumps && next.id == ID_jalr && f.writes_rd && d.rd != 0 && d.rd == next.rs1) {
        o.flags |= JUMP_HAZARD;
    }
    if (timing.early_jumps && (f.writes_rs1 && next.id == ID_jalr && d.rs1 == next.rs1 && d.rs1 != 0) &&
        !f.loads_rd())
        o.flags |= JUMP_HAZARD;
    if (o.rd == 2 && f.writes_rd) {
        if (d.id == ID_addi) o.id = ID_addi_sp;
        if (d.id == ID_add) o.id = ID_add_sp;
        if (d.id == ID_sub) o.id = ID_sub_sp;
    }
    // The last instruction of a hardware loop has two successors: its hazard is settled at the loop's exit.
    if (d.length == 4 && s.loop_exit[index + 2]) o.extra = 0;
    o.handler = handlers ? handlers[handler_of(o)] : 0;
    *op = o;
}

#include "run.inc"

} // namespace nmcu::iss

#include "loops.hpp"
#include "watch.hpp"
