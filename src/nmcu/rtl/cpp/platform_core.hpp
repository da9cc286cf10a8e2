// The Verilated core behind the platform's Core concept (nmcu/sim/platform/core.hpp).
//
// The platform's cycle t is the one in which an instruction is in EX, where data requests are made. RTL retires an
// instruction when it leaves ID, one cycle earlier: what a cycle saw is booked one cycle later.
#pragma once

#include <bit>
#include <memory>
#include <string>

#include "iss/decode.hpp"
#include "platform/memory.hpp"
#include "platform/types.hpp"
#include "rtl_core.hpp"

namespace nmcu::rtl {

using Histogram = std::array<uint64_t, iss::INSTRUCTIONS>;

class PlatformCore {
public:
    enum class Wants : uint8_t { Advance, Access, Sleep, Fault };
    struct Freedom {
        Cycle loads = 0, stores = 0, limit = 0;
    };
    static constexpr bool runs_ahead = false;

    void reset(uint32_t hart, MemoryMap &memories, uint32_t entry)
    {
        core_ = std::make_unique<RtlCore>(hart, entry);
        memories_ = &memories;
        hart_ = hart;
    }

    // ---- the platform's view
    Cycle due = 0;
    Wants wants = Wants::Advance;
    Request request;
    Fault fault;
    Stalls stalls{};
    Histogram histogram{};

    void advance(const Freedom &)
    {
        if (!booted_) boot();
        if constexpr (RtlCore::late_request) core_->settle(data_reply(false), fetch_reply());
        const DataRequest seen = core_->data_request();
        if (seen.valid) {
            const uint32_t lane = static_cast<uint32_t>(std::countr_zero(seen.byte_enable));
            lane_ = 8 * lane;
            request = Request{(seen.address & ~3u) + lane, seen.data >> lane_,
                              static_cast<uint8_t>(std::popcount(seen.byte_enable)), seen.write};
            wants = Wants::Access;
            return;
        }
        const Observation &now = clock(false);
        ++due;
        if (now.sleeping) wants = Wants::Sleep;
    }

    void respond(Cycle now, uint32_t data)
    {
        clock(true);
        reply_pending_ = true;
        reply_ = data << lane_;
        due = now + 1;
        if (wants != Wants::Fault) wants = Wants::Advance;
    }

    // A core whose request is not granted comes to rest after a few cycles: nothing is evaluated from then on.
    void defer(Cause cause, Cycle cycles)
    {
        Cycle left = cycles;
        waits_for_ = cause;
        while (left > 0) {
            const Observation &now = clock(false);
            --left;
            if (!now.retired && !now.fetch && !fetch_pending_ && !reply_pending_) break;
        }
        if (left > 0) {
            book();
            stalls[size_t(cause)] += left - 1;
            booking_ = Booking{cause, iss::INSTRUCTIONS};
        }
        waits_for_.reset();
        due += cycles;
    }

    void abandon() {}

    uint32_t pc() const { return pc_; }
    const std::array<uint32_t, 32> &registers() const { return registers_; }
    uint64_t instructions() const { return instructions_; }

    uint32_t stack_limit = 0, stack_top = 0;
    uint32_t lowest_sp = ~0u;

private:
    struct Booking {
        Cause cause = Cause::Branch;
        uint16_t instruction = iss::INSTRUCTIONS; // or: nothing retired, for `cause`
    };

    // Up to the cycle in which the first instruction leaves ID: the next one is the platform's cycle 0.
    void boot()
    {
        booted_ = true;
        for (int i = 0; i < 100; ++i)
            if (step(false).retired) break;
        look();
    }

    const Observation &clock(bool grant)
    {
        book();
        const Observation &now = step(grant);
        look();
        return now;
    }

    const Observation &step(bool grant)
    {
        seen_ = &core_->cycle(data_reply(grant), fetch_reply());
        reply_pending_ = false;
        fetch_pending_ = seen_->fetch;
        if (seen_->fetch) fetched_ = fetch_word(seen_->fetch_address & ~3u);
        return *seen_;
    }

    DataReply data_reply(bool grant) const { return {grant, reply_pending_, reply_}; }
    FetchReply fetch_reply() const { return {true, fetch_pending_, fetched_}; }

    uint32_t fetch_word(uint32_t address)
    {
        if (!code_ || !code_->contains(address, 4)) code_ = memories_->find(address, 4);
        return code_ && code_->config.core_access ? code_->load(address, 4) : 0;
    }

    // Decides what the cycle just evaluated was.
    void look()
    {
        const Observation &now = *seen_;
        if (now.alu_port.valid && now.alu_port.index == 2 && now.alu_port.value < lowest_sp &&
            now.alu_port.value - stack_limit <= stack_top - stack_limit)
            lowest_sp = now.alu_port.value;
        if (now.alu_port.valid) registers_[now.alu_port.index] = now.alu_port.value;
        if (now.lsu_port.valid) registers_[now.lsu_port.index] = now.lsu_port.value;
        if (now.retired) {
            pc_ = now.pc;
            const uint16_t id = identify(now.instruction);
            booking_.instruction = id;
            bubble_ = iss::ID_csrrw <= id && id <= iss::ID_csrrci ? Cause::Csr
                      : id == iss::ID_mret                        ? Cause::Trap
                                                                  : Cause::Branch;
            if (bubble_ == Cause::Csr && now.instruction >> 20 == 0x305) handler_installed_ = true;
            return;
        }
        booking_.instruction = iss::INSTRUCTIONS;
        booking_.cause = cause_of(now);
        if (now.trap == Trap::kException) {
            bubble_ = Cause::Trap;
            if (!handler_installed_) {
                fault = Fault{Fault::Kind::UnhandledTrap,
                              static_cast<int>(hart_),
                              now.pc,
                              due,
                              now.pc,
                              0,
                              "exception (illegal instruction, ecall or ebreak) without a trap handler "
                              "(mtvec was never written)"};
                wants = Wants::Fault;
            }
        }
    }

    Cause cause_of(const Observation &now) const
    {
        if (waits_for_) return *waits_for_;
        if (now.trap != Trap::kNone) return Cause::Trap;
        if (now.stalls & kMisaligned) return Cause::Misaligned;
        if (now.stalls & kMulticycle) return Cause::MultiCycle;
        if (now.stalls & kBranchTaken) return Cause::Branch;
        if (now.stalls & kLoadUse) return Cause::LoadUse;
        if (now.stalls & kJalr) return Cause::Branch;
        return bubble_;
    }

    // Books the cycle before.
    void book()
    {
        if (booking_.instruction == iss::INSTRUCTIONS) {
            ++stalls[size_t(booking_.cause)];
        } else {
            ++histogram[booking_.instruction];
            ++instructions_;
        }
    }

    // Table entry of an expanded instruction word; few different words run most of the time.
    uint16_t identify(uint32_t word)
    {
        Known &known = known_[(word * 0x9E3779B1u) >> 22];
        if (known.word != word) known = {word, iss::find_instruction(word, iss::ExtensionSet::all())};
        return known.id;
    }

    struct Known {
        uint32_t word = 0;
        uint16_t id = iss::INSTRUCTIONS;
    };

    std::unique_ptr<RtlCore> core_;
    MemoryMap *memories_ = nullptr;
    Memory *code_ = nullptr;
    const Observation *seen_ = nullptr;
    uint32_t hart_ = 0, pc_ = 0, lane_ = 0;
    std::array<uint32_t, 32> registers_{};
    uint64_t instructions_ = 0;
    bool booted_ = false, reply_pending_ = false, fetch_pending_ = false, handler_installed_ = false;
    uint32_t reply_ = 0, fetched_ = 0;
    std::optional<Cause> waits_for_;
    Cause bubble_ = Cause::Branch;
    Booking booking_;
    std::array<Known, 1024> known_{};
};

} // namespace nmcu::rtl
