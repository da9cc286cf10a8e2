// The machine around the cores: memories, bank arbitration, DMA, event unit and host I/O, cycle by cycle.
// Free of Python; templated on the core (core.hpp). Registers: src/nmcu/targets/cluster8/README.md.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core.hpp"
#include "dma.hpp"
#include "elf.hpp"
#include "event_unit.hpp"
#include "memory.hpp"
#include "recorder.hpp"

namespace nmcu {

// One stay of a core in a region: from its marker to its next one.
struct Visit {
    uint32_t region = 0, core = 0;
    Cycle start = 0, end = 0;
};

// A part of a visit: from its marker to the next one, of whatever kind.
struct Part {
    uint32_t region = 0, core = 0, number = 0;
    Cycle start = 0, end = 0;
};

template <class Counts>
struct RegionStats {
    Cycle cycles = 0;
    Stalls stalls{};
    Counts counts{};
};

template <Core C>
class Platform {
public:
    using Wants = typename C::Wants;
    using Counts = std::remove_cvref_t<decltype(C::histogram)>;

    Platform(const Config &config, const Elf &elf)
        : cores(config.cores),
          config_(config),
          memories_(config),
          events_(config.cores),
          ports_(config.cores),
          regions_open_(config.cores),
          due_(config.cores, 0)
    {
        if (config.cores == 0 || config.cores > 32)
            throw std::invalid_argument("a machine has 1 to 32 cores");
        recorder.room = config.recorded_events;
        if (config.dmas.size() > MAX_DMAS) throw std::invalid_argument("a machine has at most 8 DMA engines");
        for (const auto &d : config.dmas)
            dmas.emplace_back(d, config.cores, memories_);
        load(elf);
        for (auto &m : memories_.all())
            if (m.banked && m.config.core_access && !tcdm_) tcdm_ = &m;
        if (tcdm_) {
            stamp_.assign(tcdm_->bank_mask + 1, NEVER);
            winner_.assign(tcdm_->bank_mask + 1, 0);
            last_.assign(tcdm_->bank_mask + 1, 0);
        }
    }

    MemoryMap &memories() { return memories_; }

    // Runs until the program ends, a fault, or cycle `until`. Returns true when the run is over.
    bool run(Cycle until, Cycle max_cycles)
    {
        until_ = std::min(until, max_cycles);
        for (uint32_t i = 0; i < cores.size(); ++i)
            due_[i] = cores[i].due;
        while (!over_) {
            Cycle t = NEVER;
            for (const Cycle due : due_)
                t = due < t ? due : t;
            t = dma_next_ < t ? dma_next_ : t;
            if (t == NEVER) {
                deadlock();
                break;
            }
            if (t >= max_cycles) {
                now = max_cycles;
                raise({Fault::Kind::CycleLimit, -1, 0, now, 0, 0,
                       "the limit of " + std::to_string(max_cycles) + " cycles was reached"});
                break;
            }
            if (t >= until) {
                now = t;
                return false;
            }
            now = t;
            cycle(t);
        }
        return true;
    }

    // Closes the books: what waiting cores have waited, regions still open.
    void finish()
    {
        for (uint32_t i = 0; i < cores.size(); ++i) {
            C &c = cores[i];
            Port &p = ports_[i];
            if (p.phase == Phase::Waiting) {
                c.stalls[size_t(p.cause)] += end > p.since ? end - p.since : 0;
                if (end > p.since) recorder.add(Waited{i, p.cause, p.since, end});
                clocks.push_back(std::max(end, p.since));
            } else if (p.phase != Phase::Idle && c.due > end) { // granted, but not yet
                c.stalls[size_t(p.cause)] -= c.due - end;
                clocks.push_back(end);
            } else {
                clocks.push_back(c.due);
            }
            if (c.wants == Wants::Access) c.abandon();
            close_region(i, clocks.back());
        }
    }

    std::vector<C> cores;
    std::vector<Dma> dmas;
    Cycle now = 0;
    Cycle end = 0; // cycles of the whole run
    std::optional<uint32_t> exit_code;
    std::optional<Fault> fault;
    std::vector<uint8_t> output;
    std::vector<Visit> visits;
    std::vector<Part> parts;
    std::map<std::pair<uint32_t, uint32_t>, RegionStats<Counts>> regions; // by region and core
    std::vector<Cycle> clocks; // after finish(): the cycle up to which each core is accounted for
    std::optional<uint32_t> tohost;
    Recorder recorder;

    // Called when a core reads the register that asks whether the host has more work: it may access memory meanwhile.
    std::function<uint32_t()> next_run = [] { return 0u; };

    // Called when a core's store hits an executable, writable segment.
    std::function<void(uint32_t core, uint32_t address, uint32_t bytes)> code_written = [](uint32_t, uint32_t,
                                                                                           uint32_t) {};

private:
    enum class Phase : uint8_t {
        Idle,
        Memory,  // the memory access is carried out when the core is due
        Value,   // a register read ends with `value` when the core is due
        Waiting, // for an event
    };
    enum class Waits : uint8_t { Barrier, Event, DmaRoom, DmaTicket, Sleep };
    struct Port {
        Phase phase = Phase::Idle;
        Waits waits = Waits::Sleep;
        Cause cause = Cause::L2Access;
        uint32_t value = 0;
        uint32_t index = 0; // barrier, event or DMA engine
        Cycle since = 0;
    };
    struct OpenRegion {
        bool open = false;
        uint32_t id = 0, part = 0; // part 0: none
        Cycle start = 0, part_start = 0;
        Stalls stalls{};
        Counts counts{};
    };
    static constexpr size_t MAX_DMAS = 8;
    static constexpr uint32_t PART = 1u << 31; // in a marker: of a part of the region that the core is in
    static constexpr Cycle RUN_AHEAD =
        64; // so far a core may run ahead without a memory access while others are at work

    void load(const Elf &elf)
    {
        for (const Segment &s : elf.segments) {
            Memory *m = memories_.find(s.address, s.size);
            if (!m)
                throw ElfError("a segment of " + std::to_string(s.size) + " bytes at " + hex(s.address) +
                               " does not lie inside a memory (" + memory_list() + ")");
            if (s.executable && !m->config.core_access)
                throw ElfError("the executable segment at " + hex(s.address) + " lies in " + m->config.name +
                               ", which cores cannot reach");
            if (!s.bytes.empty()) place(s);
            if (s.executable)
                m->set_guard(s.address, s.size, s.writable ? Memory::WritableCode : Memory::Code);
            if (s.executable) executable_.push_back(s);
        }
        if (const auto symbol = elf.symbols.find("tohost"); symbol != elf.symbols.end()) {
            if (Memory *m = memories_.find(symbol->second, 4)) {
                tohost = symbol->second;
                m->set_guard(symbol->second, 4, Memory::ToHost);
            }
        }
    }

    // Puts a segment's bytes where a loader does: at its load address, from where start-up code moves them.
    void place(const Segment &s)
    {
        const auto bytes = static_cast<uint32_t>(s.bytes.size());
        Memory *m = memories_.find(s.load_address, bytes);
        if (!m)
            throw ElfError("the segment that runs at " + hex(s.address) + " is loaded at " +
                           hex(s.load_address) + ", where its " + std::to_string(bytes) +
                           " bytes do not lie inside a memory (" + memory_list() + ")");
        std::memcpy(m->data + (s.load_address - m->base), s.bytes.data(), bytes);
    }

    // diagnostics.hpp
    std::string memory_list() const;
    void deadlock();
    std::string awaited(uint32_t i) const;
    static std::string core_list(uint32_t mask);

    void raise(Fault f)
    {
        if (over_) return;
        over_ = true;
        end = now;
        fault = std::move(f);
    }
    void raise_for(uint32_t i, Fault::Kind kind, const Request &r, std::string detail)
    {
        raise({kind, static_cast<int>(i), cores[i].pc(), now, r.address, r.size, std::move(detail)});
    }

    typename C::Freedom freedom_of(uint32_t i)
    {
        Cycle horizon = dma_next_;
        due_[i] = NEVER;
        for (const Cycle due : due_)
            horizon = due < horizon ? due : horizon;
        typename C::Freedom f;
        f.loads = horizon;
        f.stores = dma_busy_ ? 0 : horizon; // while a transfer is under way, stores are checked against it
        f.limit = horizon == NEVER ? until_ : now + RUN_AHEAD;
        return f;
    }
    void advance(uint32_t i)
    {
        cores[i].advance(freedom_of(i));
        due_[i] = cores[i].due;
    }
    void respond(uint32_t i, uint32_t data)
    {
        ports_[i].phase = Phase::Idle;
        cores[i].respond(now, data);
        go_on(i);
    }
    // After a response: a core that runs ahead does so at once.
    void go_on(uint32_t i)
    {
        if (C::runs_ahead && cores[i].wants == Wants::Advance && !over_)
            advance(i);
        else
            due_[i] = cores[i].due;
    }
    void defer(uint32_t i, Cause cause, Cycle cycles)
    {
        cores[i].defer(cause, cycles);
        due_[i] = cores[i].due;
    }

    void cycle(Cycle t)
    {
        claims_ = 0;
        contested_ = false;
        const uint32_t n = static_cast<uint32_t>(cores.size());
        for (uint32_t i = 0; i < n; ++i) {
            if (due_[i] != t) continue;
            C &c = cores[i];
            if (c.wants == Wants::Advance) {
                advance(i);
                if (c.due != t) continue;
            }
            switch (c.wants) {
            case Wants::Access:
                if (ports_[i].phase == Phase::Idle && tcdm_ &&
                    tcdm_->contains(c.request.address, c.request.size))
                    claim(tcdm_->bank(c.request.address), i);
                else
                    serve(i);
                break;
            case Wants::Sleep: wait(i, Waits::Sleep, Cause::EventWait, 0); break;
            case Wants::Fault: raise(c.fault); break;
            case Wants::Advance: break;
            }
            if (over_) return;
        }
        if (dma_next_ == t)
            for (uint32_t d = 0; d < dmas.size(); ++d)
                if (dmas[d].next == t) serve_dma(d);
        if (claims_) arbitrate();
    }

    // ---- cores' accesses
    void serve(uint32_t i)
    {
        C &c = cores[i];
        Port &p = ports_[i];
        const Request &r = c.request;
        if (p.phase == Phase::Memory) return access(i, *memories_.find(r.address, r.size));
        if (p.phase == Phase::Value) return respond(i, p.value);
        if (Memory *m = memories_.find(r.address, r.size); m && m->config.core_access) {
            if (m->config.latency_cycles <= 1) return access(i, *m);
            p.phase = Phase::Memory;
            p.cause = Cause::L2Access;
            defer(i, Cause::L2Access, m->config.latency_cycles - 1);
            return;
        }
        peripheral(i);
    }

    void access(uint32_t i, Memory &m)
    {
        const Request &r = cores[i].request;
        ++m.bank_accesses[m.bank(r.address)];
        if (!r.write) return respond(i, m.load(r.address, r.size));
        if (dma_busy_)
            for (const Dma &d : dmas)
                if (const Transfer *t = d.writer(r.address, r.size))
                    return raise_for(i, Fault::Kind::DmaConflict, r,
                                     "store to bytes that transfer " + std::to_string(t->ticket) +
                                         " of core " + std::to_string(t->core) + " (DMA " + d.config.name +
                                         ", started at pc " + hex(t->pc) + ") is writing");
        const uint8_t guards = m.guards(r.address, r.size);
        if (!guards) {
            m.store(r.address, r.size, r.data);
            return respond(i, 0);
        }
        if (guards & Memory::ReadOnly)
            return raise_for(i, Fault::Kind::WriteToReadOnly, r,
                             "store to " + m.config.name + ", which can only be read");
        if (guards & Memory::Code)
            for (const Segment &s : executable_)
                if (!s.writable && r.address + r.size > s.address && r.address < s.address + s.size)
                    return raise_for(i, Fault::Kind::WriteToCode, r,
                                     "store to the code segment that starts at " + hex(s.address));
        m.store(r.address, r.size, r.data);
        if (guards & Memory::WritableCode) code_written(i, r.address, r.size);
        if ((guards & Memory::ToHost) && tohost && r.address == *tohost && (m.load(r.address, 4) & 1))
            return leave(i, m.load(r.address, 4) >> 1);
        respond(i, 0);
    }

    void leave(uint32_t i, uint32_t code)
    {
        over_ = true;
        end = now + 1;
        exit_code = code;
        respond(i, 0);
    }

    // ---- arbitration: one access per bank and cycle; of those that want it, the one after the bank's last winner of a
    // contest goes first, round robin among cores and DMA engines. Uncontested accesses leave no trace, so that a core
    // that accesses memory without claiming it (the ISS ahead of others) sees the same contests as one that always
    // claims.
    void claim(uint32_t bank, uint32_t master)
    {
        claim_[claims_++] = {bank, master};
        if (stamp_[bank] != now) {
            stamp_[bank] = now;
            winner_[bank] = master;
            return;
        }
        contested_ = true;
        const uint32_t masters = static_cast<uint32_t>(cores.size() + dmas.size());
        const auto turn = [&](uint32_t m) { return (m + masters - 1 - last_[bank]) % masters; };
        if (turn(master) < turn(winner_[bank])) winner_[bank] = master;
    }

    void arbitrate()
    {
        const uint32_t n = static_cast<uint32_t>(cores.size());
        if (contested_)
            for (uint32_t k = 0; k < claims_; ++k) {
                const auto [bank, master] = claim_[k];
                if (winner_[bank] == master) continue;
                ++tcdm_->bank_conflicts[bank];
                last_[bank] = winner_[bank];
                if (master < n) defer(master, Cause::TcdmConflict, 1);
            }
        for (uint32_t d = 0; d < dmas.size() && dma_next_ == now; ++d) {
            Dma &dma = dmas[d];
            if (dma.next != now || !dma.banked()) continue;
            for (size_t w = dma.words().size(); w-- > 0;)
                if (winner_[dma.words()[w].bank] == n + d) {
                    ++tcdm_->bank_accesses[dma.words()[w].bank];
                    dma.drop_word(w);
                }
            if (dma.beat_done()) {
                if (dma.finish_beat(now)) transfer_complete(d);
            } else {
                dma.wait(now);
            }
        }
        if (dma_next_ == now) dma_changed();
        for (uint32_t k = 0; k < claims_; ++k) {
            const auto [bank, master] = claim_[k];
            if (master >= n || winner_[bank] != master) continue;
            access(master, *tcdm_);
            if (over_) return;
        }
    }

    void dma_changed()
    {
        dma_next_ = NEVER;
        dma_busy_ = false;
        for (const Dma &d : dmas) {
            dma_next_ = d.next < dma_next_ ? d.next : dma_next_;
            dma_busy_ = dma_busy_ || !d.idle();
        }
    }

    void serve_dma(uint32_t d)
    {
        Dma &dma = dmas[d];
        if (dma.banked() && !dma.beat_done()) {
            for (const auto &w : dma.words())
                claim(w.bank, static_cast<uint32_t>(cores.size()) + d);
            return;
        }
        if (dma.banked() ? dma.finish_beat(now) : dma.step(now)) transfer_complete(d);
        dma_changed();
    }

    void transfer_complete(uint32_t d)
    {
        Dma &dma = dmas[d];
        recorder.add(Moved{d, dma.finished, dma.finished_first, now + 1});
        for (uint32_t i = 0; i < cores.size(); ++i) {
            Port &p = ports_[i];
            if (p.phase == Phase::Waiting && p.waits == Waits::DmaTicket && p.index == d &&
                dma.completed[i] >= dma.registers[i].wait_ticket)
                wake(i, dma.registers[i].wait_ticket);
        }
        for (;;) { // those who wait for room, first come first served
            uint32_t first = ~0u;
            for (uint32_t i = 0; i < cores.size(); ++i) {
                const Port &p = ports_[i];
                if (p.phase == Phase::Waiting && p.waits == Waits::DmaRoom && p.index == d &&
                    dma.has_room(i) && (first == ~0u || p.since < ports_[first].since))
                    first = i;
            }
            if (first == ~0u) break;
            wake(first, dma.start(transfer_of(first, dma), now + config_.wake_cycles));
        }
    }

    // ---- waiting
    void wait(uint32_t i, Waits what, Cause cause, uint32_t index)
    {
        Port &p = ports_[i];
        p.phase = Phase::Waiting;
        p.waits = what;
        p.cause = cause;
        p.index = index;
        p.since = now;
        cores[i].due = due_[i] = NEVER;
    }
    void wake(uint32_t i, uint32_t value)
    {
        Port &p = ports_[i];
        p.phase = Phase::Value;
        p.value = value;
        recorder.add(Waited{i, p.cause, p.since, now + config_.wake_cycles});
        cores[i].due = p.since;
        defer(i, p.cause, now + config_.wake_cycles - p.since);
    }

    // peripherals.hpp
    void peripheral(uint32_t i);
    void no_register(uint32_t i, const std::string &where);
    void host_io(uint32_t i, uint32_t offset);
    void mark(uint32_t i, uint32_t id, Cycle at);
    void close_region(uint32_t i, Cycle at);
    void close_part(uint32_t i, Cycle at);
    void event_unit(uint32_t i, uint32_t offset);
    void release(uint32_t barrier);
    Transfer transfer_of(uint32_t i, const Dma &dma) const;
    void dma_registers(uint32_t i, uint32_t engine, uint32_t offset);

    Config config_;
    MemoryMap memories_;
    EventUnit events_;
    std::vector<Port> ports_;
    std::vector<OpenRegion> regions_open_;
    std::vector<Segment> executable_;
    Memory *tcdm_ = nullptr;
    bool over_ = false;
    Cycle until_ = 0;
    std::vector<Cycle> due_; // the cores' due cycles side by side: what every step looks at

    struct Claim {
        uint32_t bank, master;
    };
    std::array<Claim, 32 + 2 * MAX_DMAS> claim_; // this cycle's requests to banks
    uint32_t claims_ = 0;
    bool contested_ = false;
    Cycle dma_next_ = NEVER;       // when an engine does something next
    bool dma_busy_ = false;        // a transfer is under way or queued
    std::vector<Cycle> stamp_;     // cycle of the last claim, per bank
    std::vector<uint32_t> winner_; // of this cycle
    std::vector<uint32_t> last_;   // master that won the bank's last contest
};

} // namespace nmcu

#include "diagnostics.hpp"
#include "peripherals.hpp"
