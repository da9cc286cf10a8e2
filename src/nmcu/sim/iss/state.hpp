// Everything a program can see of a core; copied to be able to go back to a point in time.
#pragma once
#include "../platform/types.hpp"
#include "code.hpp"
#include "extension_set.hpp"

namespace nmcu::iss {

struct HardwareLoop {
    uint32_t start = 0, end = 0, count = 0;
    uint32_t checked_start = 1,
             checked_end = 1;     // bounds whose body was found to obey the manual's constraints
    uint32_t back_edge_stall = 0; // the first instruction needs what the last one loads
};

struct Counters { // what the machine counts, asked for when a program reads it
    uint64_t cycles = 0, instructions = 0;
};

struct CsrFile {
    uint32_t hart = 0;
    uint32_t mstatus = 0x1800, mie = 0, mtvec = 0, mscratch = 0, mepc = 0, mcause = 0;
    uint32_t mcountinhibit = 0xd;      // cycle, instret and the one hpm counter stand still after reset
    bool handler_installed = false;    // mtvec was written
    uint64_t mcycle = 0, minstret = 0; // value when last stopped or written
    Counters since;                    // and what the machine had counted then
    uint64_t mhpmcounter3 = 0;
    uint32_t mhpmevent3 = 0;

    uint64_t cycle_value(const Counters &now) const
    {
        return mcountinhibit & 1 ? mcycle : mcycle + (now.cycles - since.cycles);
    }
    uint64_t instret_value(const Counters &now) const
    {
        return mcountinhibit & 4 ? minstret : minstret + (now.instructions - since.instructions);
    }
    void latch(const Counters &now)
    {
        mcycle = cycle_value(now);
        minstret = instret_value(now);
        since = now;
    }
};

struct State {
    uint32_t regs[36] = {}; // x0 to x31; [32] takes results for x0
    HardwareLoop loops[2];
    CsrFile csr;
    ExtensionStates extensions;
    Cycle time = 0; // all instructions so far are complete in this cycle
    const Op *op = nullptr;
    CodeSegment *segment = nullptr;
    // The last instruction that held EX for more than a cycle left it then. A jump right behind it was carried out in
    // ID meanwhile, and costs one cycle less.
    Cycle busy_until = NEVER;
    bool by_jump = true; // the next instruction is entered by a jump, not from the one before it
};

} // namespace nmcu::iss
