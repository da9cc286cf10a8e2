// The arithmetic behind the base's instruction tables, each function one line of the manual. All of it is defined
// behaviour: sums and products are unsigned, shift amounts are below the width.
#pragma once
#include <bit>
#include <cstdint>

namespace nmcu::iss {

template <class T>
constexpr uint32_t U32(T v)
{
    return static_cast<uint32_t>(v);
}
constexpr uint32_t sra(uint32_t v, uint32_t shift)
{
    return U32(static_cast<int32_t>(v) >> shift);
}

inline uint32_t divide(int32_t a, int32_t b)
{
    if (b == 0) return ~0u;
    if (b == -1) return 0u - U32(a);
    return U32(a / b);
}
inline uint32_t remainder(int32_t a, int32_t b)
{
    if (b == 0) return U32(a);
    if (b == -1) return 0;
    return U32(a % b);
}
// Of a division whose cycles are `fixed`, or depend on the divisor where that is 0.
inline uint32_t division_cycles(uint32_t fixed, uint32_t divisor)
{
    return fixed ? fixed : 3 + U32(std::countl_zero(divisor));
}
inline uint32_t signed_division_cycles(uint32_t fixed, uint32_t divisor)
{
    if (!fixed && divisor >> 31) return 2 + U32(std::countl_one(divisor));
    return division_cycles(fixed, divisor);
}

} // namespace nmcu::iss
