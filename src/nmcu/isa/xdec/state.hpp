// What xDecimate adds to a core: the counter of gathers.
#pragma once
#include <cstdint>

namespace nmcu::iss::xdec {

struct State {
    uint32_t counter = 0; // 16 bits, CSR 0x7c0
};

// `byte` in byte lane `lane` of `word`.
inline uint32_t merge(uint32_t word, uint32_t byte, uint32_t lane)
{
    const uint32_t shift = 8 * lane;
    return (word & ~(0xffu << shift)) | ((byte & 0xff) << shift);
}

} // namespace nmcu::iss::xdec
