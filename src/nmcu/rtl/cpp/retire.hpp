// Puts the pipeline's register writes back into program order: one record per retired instruction.
#pragma once

#include <cstdint>
#include <deque>

#include "rtl_core.hpp"

namespace nmcu::rtl {

// Layout shared with Python (flat.py).
struct Retired {
    uint64_t cycle; // in which the instruction left ID
    uint32_t pc;
    uint32_t instruction;
    uint32_t alu_value;   // result, or the updated address of a post-increment access
    uint32_t lsu_value;   // loaded value
    uint8_t alu_register; // 0: none
    uint8_t lsu_register;
    uint8_t trapped; // a trap was taken since the instruction before
    uint8_t padding;
};
static_assert(sizeof(Retired) == 32);

class RetireOrder {
public:
    // Feeds one cycle; `emit(const Retired&)` is called for every instruction all of whose writes are known.
    template <typename Emit>
    void cycle(uint64_t now, const Observation &seen, Emit &&emit)
    {
        // The instruction that retired last is the one in EX; it may write in several cycles, with the same value.
        if (seen.alu_port.valid && !open_.empty() && open_.back().writes_alu) {
            Open &in_ex = open_.back();
            in_ex.record.alu_register = seen.alu_port.index;
            in_ex.record.alu_value = seen.alu_port.value;
            in_ex.alu_seen = true;
        }
        if (seen.lsu_port.valid) {
            for (Open &open : open_) {
                if (!open.writes_lsu) continue;
                open.record.lsu_register = seen.lsu_port.index;
                open.record.lsu_value = seen.lsu_port.value;
                open.writes_lsu = false;
                break;
            }
        }
        if (seen.trap == Trap::kException || seen.trap == Trap::kInterrupt) trapped_ = true;
        const bool next = seen.retired;
        while (!open_.empty() && open_.front().done(open_.size() > 1 || next)) {
            emit(static_cast<const Retired &>(open_.front().record));
            open_.pop_front();
        }
        if (next) {
            Open open;
            open.record = {now, seen.pc, seen.instruction, 0, 0, 0, 0, static_cast<uint8_t>(trapped_), 0};
            open.writes_alu = seen.writes_alu_port;
            open.writes_lsu = seen.writes_lsu_port;
            open_.push_back(open);
            trapped_ = false;
        }
    }

private:
    struct Open {
        Retired record{};
        bool writes_alu = false;
        bool writes_lsu = false;
        bool alu_seen = false;
        bool done(bool left_ex) const { return !writes_lsu && (writes_alu ? alu_seen && left_ex : true); }
    };
    std::deque<Open> open_;
    bool trapped_ = false;
};

} // namespace nmcu::rtl
