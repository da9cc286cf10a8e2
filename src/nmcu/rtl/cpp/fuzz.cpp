// One program on the instruction-set core and on the RTL, instruction by instruction. Called from Python (fuzz.py).
//
// Both see the same memory: the n-th bus transaction of the program waits for its grant as long on either side. When an
// interrupt is taken only the RTL says: the instruction-set core takes it behind as many instructions.

#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "api/instructions.hpp"
#include "iss/machine.hpp"
#include "retire.hpp"

namespace {

using namespace nmcu;

constexpr uint32_t kHostIo = 0x1A100000; // a store ends the program

struct Transaction {
    uint32_t address = 0, data = 0;
    uint8_t size = 0;
    bool write = false;
    bool operator==(const Transaction &) const = default;
};

using Registers = std::array<uint32_t, 32>;

struct Step {
    uint32_t pc = 0;
    uint32_t instruction = 0;
    Cycle time = 0;
    Registers after{}; // registers once the instruction is complete
};

struct Interrupt {
    uint64_t after = 0; // so many instructions, those that trapped not among them
    uint32_t line = 0;
};

struct Run {
    std::vector<Step> steps;
    std::vector<Interrupt> interrupts;
    std::vector<Transaction> transactions;
    Cycle cycles = 0; // from the first instruction to the grant of the exit store
    std::string problem;
    bool refused = false; // the last one of `interrupts` was not enabled
};

uint64_t hash(uint32_t seed, uint64_t n)
{
    uint64_t h = (n + 1) * 0x9E3779B97F4A7C15ull ^ (uint64_t{seed} << 32);
    h ^= h >> 29;
    h *= 0xBF58476D1CE4E5B9ull;
    return h ^ h >> 32;
}

struct StallPattern {
    uint32_t seed = 0, percent = 0;
    // Cycles without grant before the n-th transaction.
    Cycle before(uint64_t n) const
    {
        const uint64_t h = hash(seed, n);
        return h % 100 < percent ? 1 + (h >> 40) % 4 : 0;
    }
};

// One line at a time is raised, and stays so until it is taken; at once where it is enabled.
struct InterruptPattern {
    static constexpr std::array<uint32_t, 19> LINES{3,  7,  11, 16, 17, 18, 19, 20, 21, 22,
                                                    23, 24, 25, 26, 27, 28, 29, 30, 31};
    uint32_t seed = 0, most_cycles = 0; // 0: there are none
    // Cycles from the one before, or the start, until the n-th is raised.
    Cycle before(uint64_t n) const { return hash(~seed, n) % most_cycles; }
    uint32_t line(uint64_t n) const { return LINES[(hash(~seed, n) >> 40) % LINES.size()]; }
};

std::vector<uint8_t> elf_of(std::span<const uint8_t> image, uint32_t entry)
{
    std::vector<uint8_t> file(84 + image.size());
    const auto put = [&](size_t at, auto value) { std::memcpy(file.data() + at, &value, sizeof value); };
    std::memcpy(file.data(),
                "\x7f"
                "ELF\1\1\1",
                7);
    put(16, uint16_t{2});
    put(18, uint16_t{243});
    put(20, uint32_t{1});
    put(24, entry);
    put(28, uint32_t{52}); // program headers
    put(40, uint16_t{52});
    put(42, uint16_t{32});
    put(44, uint16_t{1});
    put(52, uint32_t{1}); // PT_LOAD
    put(56, uint32_t{84});
    put(68, static_cast<uint32_t>(image.size()));
    put(72, static_cast<uint32_t>(image.size()));
    put(76, uint32_t{7});
    std::memcpy(file.data() + 84, image.data(), image.size());
    return file;
}

// The memory as the bus sees it; returns the loaded bytes.
uint32_t transact(Memory &memory, const Transaction &t, bool &exit, std::string &problem)
{
    if (t.write && (t.address & ~3u) == kHostIo) {
        exit = true;
        return 0;
    }
    if (!memory.contains(t.address, t.size)) {
        problem = "access outside the memory at " + hex(t.address);
        exit = true;
        return 0;
    }
    if (!t.write) return memory.load(t.address, t.size);
    memory.store(t.address, t.size, t.data);
    return 0;
}

Config machine_of(size_t size)
{
    Config config;
    config.memories.push_back({"ram", 0, static_cast<uint32_t>(size), 0, 1, true});
    config.host_io_base = kHostIo;
    return config;
}

class Recorder : public iss::Core::TraceSink {
public:
    Recorder(Run &run, const std::vector<Interrupt> &interrupts, uint64_t limit)
        : run_(run),
          interrupts_(interrupts),
          limit_(limit)
    {
    }
    bool before(const iss::Core &core, uint32_t pc, Cycle time) override
    {
        if (!interrupted) settle(core, pc);
        interrupted = !interrupted && run_.interrupts.size() < interrupts_.size() &&
                      interrupts_[run_.interrupts.size()].after == run_.steps.size();
        stopped = run_.steps.size() >= limit_;
        if (interrupted || stopped) return false;
        run_.steps.push_back({pc, 0, time, {}});
        return true;
    }
    // The core has stopped where the next interrupt was taken.
    void take(iss::Core &core)
    {
        const Interrupt &next = interrupts_[run_.interrupts.size()];
        run_.interrupts.push_back(next);
        run_.refused = !core.interrupt(next.line);
    }
    // The registers are now those after the last step. A trapped instruction is not a step: the RTL does not retire it.
    void settle(const iss::Core &core, uint32_t next_pc)
    {
        if (run_.steps.empty()) return;
        const CsrState now{core.state.csr.mepc, core.state.csr.mcause};
        const bool trapped = core.state.csr.handler_installed && next_pc == (core.state.csr.mtvec & ~0xffu) &&
                             now.mepc == run_.steps.back().pc;
        if (trapped) {
            run_.steps.pop_back();
            return;
        }
        std::memcpy(run_.steps.back().after.data(), core.state.regs, sizeof(Registers));
        run_.steps.back().after[0] = 0;
    }
    bool interrupted = false; // here, before the next instruction
    bool stopped = false;

private:
    struct CsrState {
        uint32_t mepc, mcause;
    };
    Run &run_;
    const std::vector<Interrupt> &interrupts_;
    uint64_t limit_;
};

Run run_iss(std::span<const uint8_t> image, uint32_t entry, const StallPattern &stalls,
            const std::vector<Interrupt> &interrupts, uint64_t limit)
{
    Run run;
    const auto file = elf_of(image, entry);
    iss::Machine machine(machine_of(image.size()), file, iss::ExtensionSet::all());
    Memory &memory = machine.platform.memories().all().front();
    iss::Core &core = machine.platform.cores[0];
    Recorder recorder(run, interrupts, limit);
    core.sink = &recorder;
    iss::Core::Freedom freedom{};
    freedom.limit = NEVER;
    for (bool exit = false; !exit;) {
        if (core.wants == iss::Core::Wants::Advance) core.advance(freedom);
        if (recorder.interrupted) recorder.take(core);
        if (run.refused) return run;
        if (recorder.stopped) {
            run.problem = "did not end";
            return run;
        }
        if (core.wants == iss::Core::Wants::Fault || core.wants == iss::Core::Wants::Sleep) {
            run.problem = core.wants == iss::Core::Wants::Sleep
                              ? "sleeps"
                              : core.fault.detail + " at " + hex(core.fault.pc);
            return run;
        }
        if (core.wants != iss::Core::Wants::Access) continue;
        if (const Cycle wait = stalls.before(run.transactions.size())) core.defer(Cause::L2Access, wait);
        const Request &r = core.request;
        const uint32_t mask = r.size == 4 ? ~0u : (1u << (8 * r.size)) - 1;
        const Transaction t{r.address, r.write ? r.data & mask : 0, r.size, r.write};
        run.transactions.push_back(t);
        const uint32_t data = transact(memory, t, exit, run.problem);
        if (t.write && !exit) machine.platform.code_written(0, t.address, t.size);
        if (exit) {
            run.cycles = core.due - run.steps.front().time;
            run.steps.pop_back(); // the exit store does not complete here
            return run;
        }
        core.respond(core.due, data);
    }
    return run;
}

Run run_rtl(std::span<const uint8_t> image, uint32_t entry, const StallPattern &stalls,
            const InterruptPattern &interrupts, uint64_t limit, Cycle max_cycles)
{
    Run run;
    MemoryMap memories(machine_of(image.size()));
    Memory &memory = memories.all().front();
    std::memcpy(memory.data, image.data(), image.size());
    rtl::RtlCore core(0, entry);
    rtl::RetireOrder order;
    Registers registers{};
    rtl::DataReply pending;
    rtl::FetchReply fetched;
    Cycle waited = 0, first = 0, taken = 0;
    uint64_t retired = 0;
    for (Cycle now = 0; now < max_cycles; ++now) {
        rtl::DataReply data = pending;
        pending = {};
        bool exit = false;
        if (const rtl::DataRequest request = core.data_request(); request.valid) {
            if (waited < stalls.before(run.transactions.size())) {
                ++waited;
            } else {
                waited = 0;
                data.grant = true;
                const uint32_t lane = static_cast<uint32_t>(std::countr_zero(request.byte_enable));
                const auto size = static_cast<uint8_t>(std::popcount(request.byte_enable));
                const uint32_t mask = size == 4 ? ~0u : (1u << (8 * size)) - 1;
                const Transaction t{(request.address & ~3u) + lane,
                                    request.write ? request.data >> (8 * lane) & mask : 0, size,
                                    request.write};
                run.transactions.push_back(t);
                pending.valid = true;
                pending.data = transact(memory, t, exit, run.problem) << (8 * lane);
            }
        }
        const uint64_t n = run.interrupts.size();
        const bool raised = interrupts.most_cycles && now - taken >= interrupts.before(n);
        core.set_interrupts(raised ? 1u << interrupts.line(n) : 0);
        fetched.grant = true;
        const rtl::Observation &seen = core.cycle(data, fetched);
        fetched = {};
        if (seen.fetch) {
            const uint32_t address = seen.fetch_address & ~3u;
            fetched.valid = true;
            fetched.data = memory.contains(address, 4) ? memory.load(address, 4) : 0;
        }
        if (seen.retired && retired++ == 0) first = now;
        if (seen.trap == rtl::Trap::kInterrupt) {
            run.interrupts.push_back({retired, interrupts.line(n)});
            taken = now + 1;
        }
        order.cycle(now, seen, [&](const rtl::Retired &r) {
            if (r.alu_register) registers[r.alu_register] = r.alu_value;
            if (r.lsu_register) registers[r.lsu_register] = r.lsu_value;
            run.steps.push_back({r.pc, r.instruction, r.cycle, registers});
        });
        if (exit) {
            run.cycles = now - first - 1;
            return run;
        }
        if (run.steps.size() > limit) break;
    }
    run.problem = "did not end";
    return run;
}

// The instruction, and which register a CSR access is about.
uint32_t kind_of(uint32_t word)
{
    const uint32_t id = iss::find_instruction(word, iss::ExtensionSet::all());
    return iss::ID_csrrw <= id && id <= iss::ID_csrrci ? id | (word >> 20) << 16 : id;
}

} // namespace

NMCU_INSTRUCTIONS_API()

#pragma GCC visibility push(default)
extern "C" {

constexpr uint32_t kCauses = 48;

struct
    FuzzCause { // `second` came this many cycles later (RTL less ISS) after `first`; both: words of one example
    uint32_t first, second;
    int64_t cycles;
    uint64_t count;
};

struct FuzzResult {
    uint64_t instructions; // compared
    uint64_t iss_cycles, rtl_cycles;
    uint64_t interrupts;
    // 0: none, 1: pc, 2: register, 3: bus transaction, 4: number of steps, 5: ended otherwise, 6: an interrupt that
    // the ISS has not enabled
    uint32_t mismatch;
    uint32_t index; // of the step or transaction
    uint32_t pc;
    uint32_t where; // register number, or address on the ISS
    uint32_t iss_value, rtl_value;
    uint32_t causes;
    FuzzCause cause[kCauses];
    char detail[256];
};

// The image starts at address 0 and is the whole memory. `interrupt_cycles`: most cycles between one interrupt and the
// next, 0: there are none.
void nmcu_fuzz_run(const uint8_t *image, uint64_t size, uint32_t entry, uint32_t seed, uint32_t stall_percent,
                   uint32_t interrupt_cycles, uint64_t max_instructions, FuzzResult *result)
{
    *result = {};
    const StallPattern stalls{seed, stall_percent};
    const InterruptPattern interrupts{seed, interrupt_cycles};
    const std::span memory(image, size);
    const auto detail = [&](const std::string &text) {
        std::strncpy(result->detail, text.c_str(), sizeof result->detail - 1);
    };
    const Run b =
        run_rtl(memory, entry, stalls, interrupts, max_instructions, 100 * max_instructions + 10000);
    const Run a = run_iss(memory, entry, stalls, b.interrupts, max_instructions);
    result->interrupts = a.interrupts.size();
    result->iss_cycles = a.cycles;
    result->rtl_cycles = b.cycles;
    const size_t steps = std::min(a.steps.size(), b.steps.size());
    for (size_t i = 0; i < steps; ++i) {
        const Step &x = a.steps[i], &y = b.steps[i];
        if (x.pc != y.pc) {
            result->mismatch = 1;
            result->iss_value = x.pc;
            result->rtl_value = y.pc;
        } else if (x.after != y.after) {
            result->mismatch = 2;
            for (uint32_t r = 0; r < 32; ++r)
                if (x.after[r] != y.after[r] && result->where == 0) {
                    result->where = r;
                    result->iss_value = x.after[r];
                    result->rtl_value = y.after[r];
                }
        }
        if (result->mismatch) {
            result->index = static_cast<uint32_t>(i);
            result->pc = x.pc;
            return;
        }
    }
    result->instructions = steps;
    if (a.refused) {
        result->mismatch = 6;
        result->index = static_cast<uint32_t>(steps);
        result->pc = a.steps.empty() ? entry : a.steps.back().pc;
        result->where = a.interrupts.back().line;
        result->rtl_value = 1;
        return;
    }
    const size_t transactions = std::min(a.transactions.size(), b.transactions.size());
    for (size_t i = 0; i < transactions; ++i) {
        if (a.transactions[i] == b.transactions[i]) continue;
        result->mismatch = 3;
        result->index = static_cast<uint32_t>(i);
        result->where = a.transactions[i].address;
        result->iss_value = a.transactions[i].data;
        result->rtl_value = b.transactions[i].data;
        detail("RTL address " + hex(b.transactions[i].address));
        return;
    }
    if (!a.problem.empty() || !b.problem.empty()) {
        result->mismatch = 5;
        detail("ISS: " + (a.problem.empty() ? "exited" : a.problem) +
               "; RTL: " + (b.problem.empty() ? "exited" : b.problem));
        return;
    }
    // instructions still in the RTL's pipeline when the exit store is granted have no record
    if (a.steps.size() > b.steps.size() + 3 || b.steps.size() > a.steps.size() + 3 ||
        a.transactions.size() != b.transactions.size()) {
        result->mismatch = 4;
        result->iss_value = static_cast<uint32_t>(a.steps.size());
        result->rtl_value = static_cast<uint32_t>(b.steps.size());
        return;
    }
    std::map<std::pair<uint32_t, uint32_t>, FuzzCause> causes;
    const auto drift = [&](size_t i) { return static_cast<int64_t>(b.steps[i].time - a.steps[i].time); };
    for (size_t i = 1; i < steps; ++i) {
        const int64_t change = drift(i) - drift(i - 1);
        if (change == 0) continue;
        if (i + 1 < steps && drift(i + 1) == drift(i - 1)) { // a stall of the pair's other instruction
            ++i;
            continue;
        }
        const uint32_t first = b.steps[i - 1].instruction, second = b.steps[i].instruction;
        FuzzCause &cause = causes[{kind_of(first), kind_of(second)}];
        cause.first = first;
        cause.second = second;
        cause.cycles += change;
        ++cause.count;
        if (result->detail[0] == 0) {
            result->pc = b.steps[i].pc;
            detail("first at " + hex(b.steps[i].pc));
        }
    }
    for (const auto &[key, cause] : causes)
        if (result->causes < kCauses) result->cause[result->causes++] = cause;
}

} // extern "C"
#pragma GCC visibility pop
