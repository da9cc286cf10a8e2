// One core on a flat memory with random stalls: for directed and random tests. Called from Python (flat.py).

#include <cstdint>
#include <cstring>
#include <deque>

#include "retire.hpp"
#include "rtl_core.hpp"

namespace {

using namespace nmcu::rtl;

constexpr uint32_t kHostIo = 0x1A100000; // +0: exit code, +4: interrupt lines to raise, as seen from the core
constexpr uint64_t kStallLimit = 10000;

class Random {
public:
    explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
    bool percent(uint32_t chance) { return chance != 0 && next() % 100 < chance; }
    uint32_t next()
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<uint32_t>(state_ >> 32);
    }

private:
    uint64_t state_;
};

} // namespace

#pragma GCC visibility push(default)
extern "C" {

struct FlatOptions {
    uint32_t entry;
    uint32_t seed;
    uint32_t grant_stall_percent;    // chance in each cycle that a data request is not granted
    uint32_t response_stall_percent; // chance in each cycle that a data response does not come
    uint32_t fetch_stall_percent;    // both, for instructions
    uint32_t interrupt_percent;      // chance in each cycle to raise interrupt line 16
    uint32_t debug_percent;          // chance in each cycle that a debugger asks the core to halt
    uint64_t max_cycles;
};

struct FlatResult {
    uint64_t cycles; // until the exit store was granted
    uint64_t instructions;
    uint32_t exit_code;
    uint32_t status; // 0: exited, 1: cycle limit, 2: access outside the memory, 3: trace full
    uint32_t fault_address;
    uint32_t interrupts;
};

// Runs until the program stores to the exit register. `memory` starts at address 0 and is changed in place.
void nmcu_flat_run(uint8_t *memory, uint32_t size, const FlatOptions *options, FlatResult *result,
                   Retired *trace, uint64_t capacity)
{
    RtlCore core(0, options->entry);
    RetireOrder order;
    Random random(options->seed);
    struct Pending {
        uint32_t data;
    };
    std::deque<Pending> responses, fetches;
    *result = {};
    uint64_t traced = 0;
    bool interrupt_pending = false;
    bool exiting = false;
    for (uint64_t now = 0; now < options->max_cycles; ++now) {
        DataReply data;
        if (!responses.empty() && !random.percent(options->response_stall_percent)) {
            data.valid = true;
            data.data = responses.front().data;
            responses.pop_front();
        }
        const DataRequest request = core.data_request();
        if (request.valid && !random.percent(options->grant_stall_percent)) {
            data.grant = true;
            uint32_t word = 0;
            const uint32_t address = request.address & ~3u;
            if (address == kHostIo && request.write) {
                result->exit_code = request.data;
                exiting = true;
            } else if (address == kHostIo + 4 && request.write) {
                interrupt_pending = request.data != 0;
            } else if (address > size - 4) {
                result->status = 2;
                result->fault_address = request.address;
                result->cycles = now;
                return;
            } else if (request.write) {
                for (int i = 0; i < 4; ++i)
                    if (request.byte_enable >> i & 1) memory[address + i] = request.data >> (8 * i);
            } else {
                std::memcpy(&word, memory + address, 4);
            }
            responses.push_back({word});
        }
        FetchReply fetch;
        if (!fetches.empty() && !random.percent(options->fetch_stall_percent)) {
            fetch.valid = true;
            fetch.data = fetches.front().data;
            fetches.pop_front();
        }
        fetch.grant = !random.percent(options->fetch_stall_percent);
        if (random.percent(options->interrupt_percent)) interrupt_pending = true;
        core.set_interrupts(interrupt_pending ? 1u << 16 : 0);
        core.set_debug_request(random.percent(options->debug_percent));
        const Observation &seen = core.cycle(data, fetch);
        if (seen.fetch && fetch.grant) {
            uint32_t word = 0;
            const uint32_t address = seen.fetch_address & ~3u;
            if (address <= size - 4) std::memcpy(&word, memory + address, 4);
            fetches.push_back({word});
        }
        if (seen.trap == Trap::kInterrupt) {
            interrupt_pending = false;
            ++result->interrupts;
        }
        if (seen.retired) ++result->instructions;
        if (trace != nullptr) {
            order.cycle(now, seen, [&](const Retired &record) {
                if (traced < capacity) trace[traced] = record;
                ++traced;
            });
            if (traced > capacity) {
                result->status = 3;
                return;
            }
        }
        result->cycles = now + 1;
        if (exiting) return;
    }
    result->status = 1;
}

} // extern "C"
#pragma GCC visibility pop
