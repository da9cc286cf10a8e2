// What is looked at before each instruction, where a trace, an event counter or a store to code asks for it.
#pragma once
#include "core.hpp"

namespace nmcu::iss {

// Called before each instruction where must_watch(); returns false to stop there.
inline bool Core::watch(const Op &op, uint32_t pc)
{
    if (state.csr.counts_events()) count_events(op, pc);
    if (stored_.left && fetched_before(op, pc)) return false;
    return !sink || sink->before(*this, pc, state.time);
}

// Counts what is known now of the instruction before, and looks at the one at hand.
inline void Core::count_events(const Op &op, uint32_t pc)
{
    CsrFile &csr = state.csr;
    csr.mhpmcounter3.value += csr.event_due + (before_.known ? stalls_seen(pc) : 0);
    csr.event_due = csr.mhpmevent3 & events_of(op);
    before_ = {true, op, pc, stalls};
}

// How often mhpmcounter3 counts what the instruction before and the one at pc made each other wait for.
inline uint32_t Core::stalls_seen(uint32_t pc) const
{
    const auto stalled = [&](Cause cause) { return stalls[size_t(cause)] - before_.stalls[size_t(cause)]; };
    const uint32_t wanted = state.csr.mhpmevent3;
    uint32_t events = 0;
    if (is_branch(before_.op.id) && stalled(Cause::Branch) >= 2) events |= event::BRANCH_TAKEN;
    if (before_.op.flags & JUMP_HAZARD) events |= event::JUMP_STALL;
    if (stalled(Cause::LoadUse) == 2) events |= event::LOAD_STALL | event::JUMP_STALL;
    if (stalled(Cause::LoadUse) == 1) {
        const Decoded load = code_->peek(*state.segment, before_.pc), next = code_->peek(*state.segment, pc);
        // Only the first cycle is looked at, in which the second half of the load hides that `next` overwrites it.
        const bool seen = reads_loaded(load, next) || !stalled(Cause::Misaligned);
        if (!load_hazard(code_->timing, load, next))
            events |= event::JUMP_STALL; // a jalr behind `next`
        else if (seen)
            events |= event::LOAD_STALL;
    }
    return (events & wanted) != 0;
}

// A core fetches ahead of what it executes: after a store to what comes next, the old instruction may run.
inline bool Core::fetched_before(const Op &op, uint32_t pc)
{
    Stored &s = stored_;
    const uint32_t bytes = 2u * op.length;
    bool in_order = pc == s.next;
    for (const HardwareLoop &loop : state.loops)
        in_order = in_order || (s.next == loop.end && pc == loop.start);
    if (!in_order) {
        s = {};
        return false;
    }
    if (pc < s.end && pc + bytes > s.begin) {
        fail(Fault::Kind::StaleCode, s.begin,
             "the instruction at " + hex(pc) + " was changed by the store at " + hex(s.pc) +
                 " right before it, and may have been fetched already: a fence.i must come between them");
        return true;
    }
    s.left -= std::min(s.left, bytes);
    s.next = pc + bytes;
    return false;
}

} // namespace nmcu::iss
