// A DMA engine: a queue of 1-D and 2-D transfers between two memories, carried out in order, one at a time.
//
// Towards a banked memory it moves up to 8 bytes a cycle, through one bank port per word that the beat touches; it asks
// for those words in the platform's arbitration. Between unbanked memories it moves its bytes per cycle unhindered.
#pragma once
#include <algorithm>
#include <deque>
#include <vector>

#include "memory.hpp"

namespace nmcu {

struct Transfer {
    uint32_t core = 0, ticket = 0;
    uint32_t source = 0, destination = 0, row_bytes = 0, rows = 1, source_stride = 0, destination_stride = 0;
    uint32_t pc = 0; // of the instruction that started it
    Cycle issued = 0;
    Cycle earliest = 0; // first byte, if the engine is free
    uint64_t bytes() const { return uint64_t{row_bytes} * rows; }
};

class Dma {
public:
    struct Registers {
        uint32_t source = 0, destination = 0, row_bytes = 0, rows = 0, source_stride = 0,
                 destination_stride = 0, wait_ticket = 0;
    };
    struct Word { // one word of the current beat in the banked memory
        uint32_t address = 0;
        uint32_t bank = 0;
    };

    Dma(const DmaConfig &config, uint32_t cores, MemoryMap &memories)
        : config(config),
          near(memories.named(config.near)),
          far(memories.named(config.far)),
          registers(cores),
          issued(cores, 0),
          completed(cores, 0),
          in_flight(cores, 0)
    {
        if (!near || !far)
            throw std::invalid_argument("DMA " + config.name +
                                        " names a memory that the target does not have");
        banked_ = near->banked || far->banked;
        if (config.bytes_per_10_cycles == 0)
            throw std::invalid_argument("DMA " + config.name + " moves no bytes");
    }

    // Empty if the transfer is allowed; otherwise what is wrong with it.
    std::string problem(const Transfer &t, uint32_t &address) const
    {
        if (t.bytes() == 0) return {};
        const Memory *s = extent(t.source, t.row_bytes, t.rows, t.source_stride);
        const Memory *d = extent(t.destination, t.row_bytes, t.rows, t.destination_stride);
        const std::string pair = config.near + " <-> " + config.far;
        if (!s) {
            address = t.source;
            return "its source does not lie inside " + config.near + " or " + config.far;
        }
        if (!d) {
            address = t.destination;
            return "its destination does not lie inside " + config.near + " or " + config.far;
        }
        if (s == d) {
            address = t.source;
            return "source and destination both lie in " + s->config.name + ", but the engine copies " + pair;
        }
        return {};
    }

    bool has_room(uint32_t core) const
    {
        return queue_.size() < config.queue_total && in_flight[core] < config.queue_per_core;
    }

    uint32_t start(Transfer t, Cycle now)
    {
        const uint32_t ticket = ++issued[t.core];
        if (t.bytes() == 0 && in_flight[t.core] == 0) {
            completed[t.core] = ticket;
            return ticket;
        }
        t.ticket = ticket;
        t.issued = now;
        t.earliest = now + config.latency_cycles;
        ++in_flight[t.core];
        queue_.push_back(t);
        if (queue_.size() == 1) begin(now);
        return ticket;
    }

    // Next cycle in which the engine does something, or NEVER.
    Cycle next = NEVER;

    bool idle() const { return queue_.empty(); }
    bool banked() const { return banked_; }

    // Words of the banked memory that the current beat still needs; at most 2 (a beat stays in 8 aligned bytes).
    const std::vector<Word> &words() const { return words_; }
    Memory &banked_memory() { return near->banked ? *near : *far; }

    // All words of the beat were granted in cycle `now`: moves it. Returns true when a transfer is complete.
    bool finish_beat(Cycle now)
    {
        const Transfer &t = queue_.front();
        if (t.bytes() == 0) return complete(now);
        move(t, beat_);
        advance(t);
        if (row_ == t.rows) return complete(now);
        prepare_beat();
        next = now + 1;
        return false;
    }
    void drop_word(size_t i) { words_.erase(words_.begin() + static_cast<long>(i)); }
    bool beat_done() const { return words_.empty(); }
    void wait(Cycle now) { next = now + 1; }

    // Unbanked engines: what can be moved up to cycle `now` (in steps, to keep order with the cores' accesses).
    bool step(Cycle now)
    {
        const Transfer &t = queue_.front();
        uint64_t allowed = (now - begun_ + 1) * config.bytes_per_10_cycles / 10;
        while (moved_ < t.bytes() && moved_ < allowed) {
            beat_ = static_cast<uint32_t>(std::min<uint64_t>(t.row_bytes - offset_, allowed - moved_));
            move(t, beat_);
            moved_ += beat_;
            advance(t);
        }
        if (moved_ >= t.bytes()) return complete(now);
        const uint64_t left = t.bytes() - moved_;
        const Cycle last =
            begun_ + (t.bytes() * 10 + config.bytes_per_10_cycles - 1) / config.bytes_per_10_cycles - 1;
        next = left > 12 ? std::min<Cycle>(now + 10, last) : last;
        return false;
    }

    // Whether any transfer in flight writes one of these bytes.
    const Transfer *writer(uint32_t address, uint32_t bytes) const
    {
        for (const Transfer &t : queue_)
            if (touches(t.destination, t.row_bytes, t.rows, t.destination_stride, address, bytes)) return &t;
        return nullptr;
    }

    // Whether `rows` rows of `row` bytes, `stride` apart, hold one of these bytes.
    static bool touches(uint32_t base, uint32_t row, uint32_t rows, uint32_t stride, uint32_t address,
                        uint32_t bytes)
    {
        const int64_t step = static_cast<int32_t>(stride), from = int64_t{address} - row + 1,
                      to = int64_t{address} + bytes - 1;
        if (row == 0 || rows == 0) return false;
        if (rows == 1 || step == 0) return base >= from && base <= to;
        // Is there an r in [0, rows) with from <= base + r * step <= to?
        const int64_t a = step > 0 ? from - base : base - to, b = step > 0 ? to - base : base - from,
                      s = step > 0 ? step : -step;
        const int64_t first = a <= 0 ? 0 : (a + s - 1) / s;
        return b >= 0 && first * s <= b && first < rows;
    }

    DmaConfig config;
    Memory *near, *far;
    std::vector<Registers> registers;
    std::vector<uint32_t> issued, completed, in_flight;
    uint64_t busy_cycles = 0, bytes_moved = 0, transfers = 0;
    Transfer finished;        // the last transfer that is complete,
    Cycle finished_first = 0; // and the cycle of its first byte

private:
    const Memory *extent(uint32_t base, uint32_t row, uint32_t rows, uint32_t stride) const
    {
        const int64_t step = static_cast<int32_t>(stride);
        if (step != 0 && rows > 0x7fffffffu) return nullptr;
        const int64_t first = base, last = first + step * (int64_t{rows} - 1);
        const int64_t low = std::min(first, last), high = std::max(first, last) + row;
        for (const Memory *m : {near, far})
            if (low >= int64_t{m->base} && high <= int64_t{m->base} + m->size) return m;
        return nullptr;
    }
    Memory *memory_of(uint32_t address) const { return near->contains(address, 1) ? near : far; }

    void begin(Cycle now)
    {
        const Transfer &t = queue_.front();
        begun_ = std::max(t.earliest, now + 1);
        row_ = offset_ = 0;
        moved_ = 0;
        words_.clear();
        if (t.bytes() == 0)
            begun_ = now + 1;
        else if (banked_)
            prepare_beat();
        next = begun_;
    }

    void prepare_beat()
    {
        const Transfer &t = queue_.front();
        Memory &m = banked_memory();
        const bool to = memory_of(t.destination) == &m;
        const uint32_t address = to ? t.destination + row_ * t.destination_stride + offset_
                                    : t.source + row_ * t.source_stride + offset_;
        // A beat stays inside an aligned group of eight bytes: two banks.
        const uint32_t limit = std::min(8u, std::max(1u, config.bytes_per_10_cycles / 10));
        beat_ = std::min({limit, 8 - (address & 7), t.row_bytes - offset_});
        words_.clear();
        for (uint32_t a = address & ~3u; a < address + beat_; a += 4)
            words_.push_back({a, m.bank(a)});
    }

    void move(const Transfer &t, uint32_t bytes)
    {
        const uint32_t s = t.source + row_ * t.source_stride + offset_,
                       d = t.destination + row_ * t.destination_stride + offset_;
        Memory *from = memory_of(t.source), *to = memory_of(t.destination);
        std::memmove(to->data + (d - to->base), from->data + (s - from->base), bytes);
        bytes_moved += bytes;
    }

    void advance(const Transfer &t)
    {
        offset_ += beat_;
        if (offset_ == t.row_bytes) {
            offset_ = 0;
            ++row_;
        }
    }

    bool complete(Cycle now)
    {
        const Transfer &t = finished = queue_.front();
        finished_first = begun_;
        queue_.pop_front();
        --in_flight[t.core];
        completed[t.core] = t.ticket;
        busy_cycles += now + 1 - begun_;
        ++transfers;
        next = NEVER;
        if (!queue_.empty()) begin(now);
        return true;
    }

    bool banked_ = false;
    std::deque<Transfer> queue_;
    std::vector<Word> words_;
    uint32_t row_ = 0, offset_ = 0, beat_ = 0;
    uint64_t moved_ = 0;
    Cycle begun_ = 0;
};

} // namespace nmcu
