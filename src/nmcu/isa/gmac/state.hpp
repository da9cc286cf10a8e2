// What gmac adds to a core: four accumulators beside the dot-product unit.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace nmcu::iss::gmac {

struct State {
    std::array<uint32_t, 4> accumulators{};
};

// What a gather leaves to do when its data arrive: `lanes` of them are multiplied, by the low byte of `weight`.
inline uint32_t gathered(uint32_t weight, uint32_t sel, bool word)
{
    return ((weight >> (8 * (sel & 3))) & 0xff) | (word ? 0x100 : 0);
}

// Accumulators += int8 lanes of `data` times the weight in `detail`; a byte has one lane.
inline void accumulate(State &state, uint32_t data, uint32_t detail)
{
    const auto weight = static_cast<int8_t>(detail & 0xff);
    const size_t lanes = detail & 0x100 ? 4 : 1;
    for (size_t lane = 0; lane < lanes; ++lane)
        state.accumulators[lane] += static_cast<uint32_t>(static_cast<int8_t>(data >> (8 * lane)) * weight);
}

// The first accumulator; the others move up, and `last` is the fourth.
inline uint32_t push(State &state, uint32_t last)
{
    auto &a = state.accumulators;
    const uint32_t first = a[0];
    a = {a[1], a[2], a[3], last};
    return first;
}

// `value`, clipped to int8, in the highest byte; the others move down.
inline uint32_t pack(uint32_t word, int32_t value)
{
    return (static_cast<uint32_t>(std::clamp(value, -128, 127)) << 24) | (word >> 8);
}

} // namespace nmcu::iss::gmac
