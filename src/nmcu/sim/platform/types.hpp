// Values shared by the platform and every kind of core: time, requests, stall causes, faults.
#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace nmcu {

using Cycle = uint64_t;
constexpr Cycle NEVER = ~Cycle{0};

inline std::string hex(uint32_t v)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string s = "0x00000000";
    for (int i = 9; i > 1; --i, v >>= 4)
        s[static_cast<size_t>(i)] = digits[v & 15];
    return s;
}

// Rows of counters.def.
enum class Cause : uint8_t {
#define CAUSE(enumerator, name) enumerator,
#include "counters.def"
    Count
};
constexpr size_t CAUSES = static_cast<size_t>(Cause::Count);
constexpr std::array<const char *, CAUSES> CAUSE_NAMES = {
#define CAUSE(enumerator, name) #name,
#include "counters.def"
};
using Stalls = std::array<uint64_t, CAUSES>;

// One bus transaction of a core, as on OBI: it never crosses a 32-bit word.
struct Request {
    uint32_t address = 0;
    uint32_t data = 0; // store: the value in its low `size` bytes
    uint8_t size = 0;  // 1 to 4 bytes; 0: no request, the core only wants to be advanced
    bool write = false;
};

// The end of a run that the program did not ask for.
struct Fault {
    enum class Kind : uint8_t {
#define FAULT(enumerator, name) enumerator,
#include "counters.def"
        Count
    };
    Kind kind = Kind::IllegalInstruction;
    int core = -1; // -1: the machine as a whole
    uint32_t pc = 0;
    Cycle cycle = 0;
    uint32_t address = 0; // data address of a memory fault
    uint32_t size = 0;
    std::string detail; // what was found, in words
};
constexpr std::array<const char *, static_cast<size_t>(Fault::Kind::Count)> FAULT_NAMES = {
#define FAULT(enumerator, name) #name,
#include "counters.def"
};

} // namespace nmcu
