// The events that mhpmcounter3 counts, one bit each of mhpmevent3. CV32E40P manual, "Performance Counters";
// cv32e40p_id_stage.sv (mhpmevent_*), which says in which cycle each one is seen: those of one cycle count once.
#pragma once
#include "code.hpp"

namespace nmcu::iss {

namespace event {
constexpr uint32_t CYCLE = 1 << 0, INSTRUCTION = 1 << 1, LOAD_STALL = 1 << 2, JUMP_STALL = 1 << 3,
                   LOAD = 1 << 5, STORE = 1 << 6, JUMP = 1 << 7, BRANCH = 1 << 8, BRANCH_TAKEN = 1 << 9,
                   COMPRESSED = 1 << 10;
} // namespace event

inline bool is_branch(uint16_t id)
{
    return id < INSTRUCTIONS && (INSNS[id].format.imm == Imm::B || INSNS[id].format.imm == Imm::BranchImm5);
}

// What an instruction is by itself: all of that is seen in the cycle in which it enters EX.
inline uint32_t events_of(const Op &op)
{
    uint32_t events = event::INSTRUCTION;
    if (op.length == 1) events |= event::COMPRESSED;
    if (op.id == ID_jal || op.id == ID_jalr) events |= event::JUMP;
    if (is_branch(op.id)) events |= event::BRANCH;
    if (op.id < INSTRUCTIONS && INSNS[op.id].format.is_load) events |= event::LOAD;
    if (op.id < INSTRUCTIONS && INSNS[op.id].format.is_store) events |= event::STORE;
    return events;
}

} // namespace nmcu::iss
