// Accesses to control and status registers. The registers are rows: base/csrs.def, and each extension's own.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "state.hpp"

namespace nmcu::iss {

enum class CsrOp : uint8_t { Write, Set, Clear };

// Whether n is a counter, or a counter's upper half, in the four ranges 0xB00, 0xB80, 0xC00, 0xC80, or controls one.
inline bool is_counter(uint32_t n)
{
    const uint32_t low = n & 0x1f, range = n & 0xfe0;
    if (range == 0xb00 || range == 0xb80 || range == 0xc00 || range == 0xc80) return low != 1;
    return n == 0x320 || (n >= 0x323 && n <= 0x33f);
}

// Whether an access to the register flushes the pipeline (4 cycles instead of 1).
inline bool csr_flushes(uint32_t n, ExtensionSet set)
{
#define CSR(number, name, member, mask, flushes) \
    if (n == number && set.has(Extension::EXTENSION)) return flushes;
#define CSR_VALUE(number, name, value, flushes) CSR(number, name, , , flushes)
#define CSR_COUNTER(number, name)
#include "csrs.def"
#undef CSR
#undef CSR_VALUE
#undef CSR_COUNTER
    return is_counter(n);
}

inline std::string csr_name(uint32_t n)
{
#define CSR(number, name, ...) \
    if (n == number) return #name;
#define CSR_VALUE CSR
#define CSR_COUNTER CSR
#include "csrs.def"
#undef CSR
#undef CSR_VALUE
#undef CSR_COUNTER
    return hex(n);
}

// Calls `visit(name, value)` for every register that an extension in `set` adds to the state.
template <class Visit>
void extension_csrs(const State &state, ExtensionSet set, Visit &&visit)
{
#define CSR(number, name, member, mask, flushes) \
    if (Extension::EXTENSION != Extension::base && set.has(Extension::EXTENSION)) visit(#name, member);
#define CSR_VALUE(number, name, value, flushes)
#define CSR_COUNTER(number, name)
#include "csrs.def"
#undef CSR
#undef CSR_VALUE
#undef CSR_COUNTER
}

// Reads and, if `write`, changes register n. Returns false where the access is illegal.
inline bool csr_access(State &state, ExtensionSet set, uint32_t n, bool write, CsrOp operation,
                       uint32_t operand, const Counters &now, uint32_t &old)
{
    if (write && (n >> 10) == 3) return false; // read only by number
    CsrFile &f = state.csr;
    uint32_t *plain = nullptr;
    uint32_t writable = 0;
#define CSR(number, name, member, mask, flushes)        \
    if (n == number && set.has(Extension::EXTENSION)) { \
        plain = &member;                                \
        writable = mask;                                \
    }
#define CSR_VALUE(number, name, value, flushes)         \
    if (n == number && set.has(Extension::EXTENSION)) { \
        old = value;                                    \
        return true;                                    \
    }
#define CSR_COUNTER(number, name)
#include "csrs.def"
#undef CSR
#undef CSR_VALUE
#undef CSR_COUNTER
    if (!plain && !is_counter(n)) return false;
    Counter *counter = nullptr;
    uint64_t count = 0;
    const Counters next{now.cycles + 1,
                        now.instructions + 1}; // a write takes the place of this cycle's count
    if (plain) {
        old = *plain;
    } else {
        switch (n & 0x1f) {
        case 0: counter = &f.mcycle; break;
        case 2: counter = &f.minstret; break;
        case 3: counter = &f.mhpmcounter3; break;
        default: old = 0; return true; // not built: reads zero, ignores writes
        }
        count = counter->at(counter == &f.minstret ? now.instructions : now.cycles);
        old = n & 0x80 ? static_cast<uint32_t>(count >> 32) : static_cast<uint32_t>(count);
    }
    if (!write) return true;
    const uint32_t value = operation == CsrOp::Write ? operand
                           : operation == CsrOp::Set ? old | operand
                                                     : old & ~operand;
    if (counter) {
        const uint64_t low = count & 0xffffffffu, high = count & ~uint64_t{0xffffffffu};
        counter->set(n & 0x80 ? low | (uint64_t{value} << 32) : high | value,
                     counter == &f.minstret ? next.instructions : next.cycles);
        if (counter == &f.mhpmcounter3) f.event_due = false;
        return true;
    }
    if (n == 0x305) f.handler_installed = true;
    *plain = (*plain & ~writable) | (value & writable);
    if (n == 0x320 || n == 0x323) f.start_and_stop(next);
    if (n == 0x320 || n == 0x323) f.mhpmcounter3.value += std::exchange(f.event_due, false);
    return true;
}

// The two extensions in `set` that give one CSR number different meanings, as a sentence; empty if there are none.
inline std::string csr_clash(ExtensionSet set)
{
    struct Row {
        uint32_t number;
        Extension extension;
    };
#define CSR(number, ...) {number, Extension::EXTENSION},
#define CSR_VALUE CSR
#define CSR_COUNTER CSR
    static constexpr Row rows[] = {
#include "csrs.def"
    };
#undef CSR
#undef CSR_VALUE
#undef CSR_COUNTER
    for (const Row &a : rows)
        for (const Row &b : rows)
            if (a.extension < b.extension && a.number == b.number && set.has(a.extension) &&
                set.has(b.extension))
                return std::string("the extensions ") + EXTENSION_NAMES[static_cast<size_t>(a.extension)] +
                       " and " + EXTENSION_NAMES[static_cast<size_t>(b.extension)] + " both have the CSR " +
                       hex(a.number) + ": a core cannot have both";
    return {};
}

} // namespace nmcu::iss
