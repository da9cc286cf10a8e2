// Everything a program can see of a core; copied to be able to go back to a point in time.
#pragma once
#include "../platform/types.hpp"
#include "code.hpp"
#include "extension_set.hpp"

namespace nmcu::iss {

struct HardwareLoop {
    uint32_t start = 0, end = 0, count = 0;
    // What is known of these bounds, as the code was in that version.
    uint32_t known_start = 1, known_end = 1, known_version = 0;
    bool broken = false;          // it breaks the manual's constraints on bodies: it must not run
    bool too_close = false;       // or that on the ends of nested loops
    uint32_t back_edge_stall = 0; // the first instruction needs what the last one loads

    // What the body's last instruction reads as the count, which is counted down when that leaves ID: CSRs are read in
    // EX.
    uint32_t count_read(uint32_t next_pc) const { return count - (count && end == next_pc); }
};

struct Counters { // what the machine counts, asked for when a program reads it
    uint64_t cycles = 0, instructions = 0;
};

// A register that counts what the machine counts, while it is not inhibited.
struct Counter {
    uint64_t value = 0, since = 0; // what it was when the machine had counted that far
    bool runs = false;

    uint64_t at(uint64_t now) const { return runs ? value + (now - since) : value; }
    void set(uint64_t v, uint64_t now)
    {
        value = v;
        since = now;
    }
    void run(bool on, uint64_t now)
    {
        set(at(now), now);
        runs = on;
    }
};

struct CsrFile {
    uint32_t hart = 0;
    uint32_t mstatus = 0x1800, mie = 0, mtvec = 1, mscratch = 0, mepc = 0, mcause = 0;
    uint32_t mcountinhibit = 0xd;   // cycle, instret and the one hpm counter stand still after reset
    bool handler_installed = false; // mtvec was written
    Counter mcycle, minstret, mhpmcounter3;
    uint32_t mhpmevent3 = 0;
    bool event_due = false; // what the instruction at hand is will be counted once it is complete

    // The one hpm counter counts what instructions do (events.hpp), not just cycles.
    bool counts_events() const { return !(mcountinhibit & 8) && mhpmevent3 != 0 && !(mhpmevent3 & 1); }
    // A trap before, or in place of, the instruction at pc.
    void enter_trap(uint32_t pc, uint32_t cause)
    {
        event_due = false;
        mepc = pc;
        mcause = cause;
        mstatus = 0x1800 | ((mstatus & 8) << 4);
    }
    // What was written to mcountinhibit or mhpmevent3 counts from `next` on.
    void start_and_stop(const Counters &next)
    {
        mcycle.run(!(mcountinhibit & 1), next.cycles);
        minstret.run(!(mcountinhibit & 4), next.instructions);
        mhpmcounter3.run(!(mcountinhibit & 8) && (mhpmevent3 & 1), next.cycles);
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
    // The cycle in which a load behind EX uses the multipliers of the dot product of bytes.
    Cycle lent = NEVER;
    const Op *remembered = nullptr; // the branch that is predicted to be taken, where any is
    bool by_jump = true;            // the next instruction is entered by a jump, not from the one before it
    uint32_t next_pc = 0;           // behind the CSR access at hand
    // The first instruction after the pipeline was last flushed, or one of the values below.
    uint32_t resumed = NOT_LOOPING;
    enum : uint32_t {
        NOT_LOOPING = 1, // a hardware loop was left, and no other one is running
        LOOPING = 3,     // one began again
    };
};

} // namespace nmcu::iss
