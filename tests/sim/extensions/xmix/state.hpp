#pragma once
#include <cstdint>

namespace nmcu::iss::xmix {

struct State {
    uint32_t accumulator = 7;
};

inline uint32_t step(uint32_t old, uint32_t value)
{
    return old * 31 + value;
}

} // namespace nmcu::iss::xmix
