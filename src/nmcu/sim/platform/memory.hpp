// The memories of a machine: plain bytes, little endian, found by address.
#pragma once
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "config.hpp"

namespace nmcu {

struct FreeDeleter {
    void operator()(void *p) const { std::free(p); }
};

struct Memory {
    MemoryConfig config;
    uint32_t base = 0;
    uint32_t size = 0;
    uint32_t bank_mask = 0; // banks - 1, or 0
    bool banked = false;
    uint8_t *data = nullptr; // size bytes + 8 of slack, so that a word read near the end stays inside
    std::unique_ptr<uint8_t, FreeDeleter> owner;
    std::vector<uint64_t> bank_accesses, bank_conflicts;
    // Per 256 bytes: what a store there has to look out for.
    enum Guard : uint8_t { Code = 1, WritableCode = 2, ToHost = 4, ReadOnly = 8 };
    std::vector<uint8_t> guard;

    explicit Memory(const MemoryConfig &c) : config(c), base(c.base), size(c.size), banked(c.banks > 0)
    {
        if (c.banks & (c.banks - 1))
            throw std::invalid_argument("memory " + c.name + ": the number of banks must be a power of two");
        bank_mask = c.banks ? c.banks - 1 : 0;
        // calloc: pages of a large, untouched memory cost nothing
        owner.reset(static_cast<uint8_t *>(std::calloc(size_t{c.size} + 8, 1)));
        if (!owner) throw std::bad_alloc();
        data = owner.get();
        bank_accesses.assign(bank_mask + 1, 0);
        bank_conflicts.assign(bank_mask + 1, 0);
        guard.assign((size_t{c.size} >> 8) + 2, c.writable ? 0 : ReadOnly);
    }

    bool contains(uint32_t address, uint32_t bytes) const
    {
        const uint32_t offset = address - base;
        return offset < size && bytes <= size - offset;
    }
    uint32_t bank(uint32_t address) const { return (address >> 2) & bank_mask; }

    void set_guard(uint32_t address, uint32_t bytes, Guard flag)
    {
        if (bytes)
            for (uint32_t page = (address - base) >> 8; page <= (address - base + bytes - 1) >> 8; ++page)
                guard[page] |= flag;
    }
    uint8_t guards(uint32_t address, uint32_t bytes) const
    {
        return guard[(address - base) >> 8] | guard[(address - base + bytes - 1) >> 8];
    }

    uint32_t load(uint32_t address, uint32_t bytes) const
    {
        uint32_t value = 0;
        std::memcpy(&value, data + (address - base), bytes);
        return value;
    }
    void store(uint32_t address, uint32_t bytes, uint32_t value)
    {
        std::memcpy(data + (address - base), &value, bytes);
    }
};

// All memories, in the order of the configuration.
class MemoryMap {
public:
    explicit MemoryMap(const Config &config)
    {
        for (const auto &m : config.memories)
            memories_.emplace_back(m);
    }
    Memory *find(uint32_t address, uint32_t bytes)
    {
        for (auto &m : memories_)
            if (m.contains(address, bytes)) return &m;
        return nullptr;
    }
    Memory *named(const std::string &name)
    {
        for (auto &m : memories_)
            if (m.config.name == name) return &m;
        return nullptr;
    }
    std::vector<Memory> &all() { return memories_; }

private:
    std::vector<Memory> memories_;
};

} // namespace nmcu
