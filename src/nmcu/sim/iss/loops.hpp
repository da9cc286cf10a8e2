// Hardware loops: the manual's constraints on them, and what the controller's state costs inside their bodies.
#pragma once
#include "core.hpp"

namespace nmcu::iss {

// Finds out what running the loop needs to know: whether it may, and what its back edge and its exit cost.
inline void Core::look_at(HardwareLoop &loop)
{
    loop.known_start = loop.start;
    loop.known_end = loop.end;
    loop.known_version = code_->version();
    loop.broken = !loop_problem(loop).empty();
    if (loop.broken) return mark(loop);
    CodeSegment &s = *code_->find(loop.start);
    const Decoded last = code_->peek(s, loop.end - 4);
    const bool load = last.id < INSTRUCTIONS && INSNS[last.id].format.loads_rd();
    loop.back_edge_stall = load ? load_hazard(code_->timing, last, code_->peek(s, loop.start)) : 0;
    if (!s.loop_exit[(loop.end - s.base) / 2]) code_->mark_loop_end(s, loop.end);
}

// Start and end of a loop that must not run are looked out for.
inline void Core::mark(const HardwareLoop &loop)
{
    if (CodeSegment *s = code_->find(loop.start)) code_->mark_loop_start(*s, loop.start);
    if (CodeSegment *s = code_->find(loop.end - 4); s && loop.end - s->base <= s->size)
        code_->mark_loop_end(*s, loop.end);
}

// Whether the controller is in its state DECODE_HWLOOP when it decodes pc: an instruction before it in the body of a
// running loop took it there, other than the last but one of a body.
inline bool Core::decodes_in_loop(uint32_t pc) const
{
    if (state.resumed == State::LOOPING)
        for (const HardwareLoop &loop : state.loops)
            if (loop.count && pc - loop.start < loop.end - loop.start &&
                (loop.count > 1 || pc < loop.end - 4))
                return true;
    for (const HardwareLoop &loop : state.loops) {
        if (loop.count <= 1 || pc - loop.start >= loop.end - loop.start) continue;
        const uint32_t resumed = state.resumed - loop.start <= pc - loop.start ? state.resumed : loop.start;
        for (uint32_t q = resumed; q - loop.start < pc - loop.start; q += 4)
            if (q + 8 != state.loops[0].end && q + 8 != state.loops[1].end) return true;
    }
    return false;
}

// What is wrong with the loop by the manual's constraints, as a sentence; empty if nothing is.
inline std::string Core::loop_problem(const HardwareLoop &loop) const
{
    const std::string name = "hardware loop " + std::to_string(&loop - state.loops) + " from " +
                             hex(loop.start) + " to " + hex(loop.end);
    const CodeSegment *s = code_->find(loop.start);
    if (loop.end <= loop.start) return name + ": the end is not after the start";
    if (loop.end - loop.start < 12) return name + ": the body must have at least 3 instructions";
    if (!s || loop.end - s->base > s->size) return name + ": the body is not inside an executable segment";
    for (uint32_t pc = loop.start; pc < loop.end; pc += 4) {
        const Decoded d = code_->peek(*s, pc);
        if (d.length != 4) return name + ": compressed instruction at " + hex(pc) + " in the body";
        if (d.id >= INSTRUCTIONS) continue; // faults if reached
        const Format &f = INSNS[d.id].format;
        const bool jump = f.imm == Imm::B || f.imm == Imm::J || f.imm == Imm::BranchImm5 || d.id == ID_jalr;
        if (jump || d.id == ID_fence || d.id == ID_fence_i || d.id == ID_mret || d.id == ID_wfi)
            return name + ": " + disassemble(s->fetch(pc), pc) + " at " + hex(pc) +
                   " is not allowed in the body";
    }
    return loop.too_close ? name + ": the outer hardware loop must end at least 8 bytes after the inner one"
                          : "";
}

} // namespace nmcu::iss
