// The arithmetic behind the CORE-V tables, each function one line of the manual. All of it is defined behaviour: sums
// and products are unsigned, shift amounts are below the width.
#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

#include "iss/arithmetic.hpp"

namespace nmcu::iss::xcv {

constexpr uint32_t half(uint32_t shift)
{
    return (1u << shift) >> 1;
} // 2^(shift-1), 0 for shift 0

// ---- XCValu
inline uint32_t clip(uint32_t value, uint32_t bound)
{
    const int64_t v = static_cast<int32_t>(value), b = static_cast<int32_t>(bound);
    if (v <= -b - 1) return ~bound;
    return v > b ? bound : value;
}
inline uint32_t clipu(uint32_t value, uint32_t bound)
{
    const int32_t v = static_cast<int32_t>(value), b = static_cast<int32_t>(bound);
    if (v <= 0) return 0;
    return v > b ? bound : value;
}

// ---- XCVbitmanip: `count` + 1 bits from `position`
constexpr uint32_t low_bits(uint32_t count)
{
    return ~(0xfffffffeu << count);
}
constexpr uint32_t field(uint32_t count, uint32_t position)
{
    return low_bits(count) << position;
}
constexpr uint32_t extract_unsigned(uint32_t v, uint32_t count, uint32_t position)
{
    return (v >> position) & low_bits(count);
}
constexpr uint32_t extract_signed(uint32_t v, uint32_t count, uint32_t position)
{
    return sra(sra(v, position) << (31 - count), 31 - count);
}
constexpr uint32_t insert(uint32_t old, uint32_t v, uint32_t count, uint32_t position)
{
    const uint32_t mask = field(count, position);
    return (old & ~mask) | ((v << position) & mask);
}
inline uint32_t count_leading_bits(uint32_t v)
{
    if (v == 0) return 0;
    return U32(v >> 31 ? std::countl_one(v) : std::countl_zero(v)) - 1;
}
inline uint32_t bit_reverse(uint32_t v, uint32_t radix)
{
    const uint32_t group = radix == 1 ? 2 : radix == 2 ? 3 : 1; // 3 behaves as 0
    uint32_t result = 0;
    for (uint32_t i = 0; i < 32 / group; ++i)
        result |= ((v >> (32 - group * (i + 1))) & ((1u << group) - 1)) << (group * i);
    return result;
}

// ---- XCVsimd
template <class T>
constexpr uint32_t replicate(uint32_t v)
{
    if constexpr (sizeof(T) == 1)
        return (v & 0xff) * 0x01010101u;
    else
        return (v & 0xffff) * 0x00010001u;
}
template <class T, class Operation>
inline uint32_t vector(uint32_t a, uint32_t b, Operation operation)
{
    using Unsigned = std::make_unsigned_t<T>;
    constexpr int bits = 8 * sizeof(T);
    uint32_t result = 0;
    for (int i = 0; i < 32; i += bits)
        result |= U32(static_cast<Unsigned>(operation(static_cast<T>(a >> i), static_cast<T>(b >> i)))) << i;
    return result;
}
template <class T>
constexpr int average_signed(T a, T b)
{
    return static_cast<std::make_signed_t<T>>(static_cast<T>(a + b)) >> 1;
}
template <class T>
constexpr int average_unsigned(T a, T b)
{
    return static_cast<T>(a + b) >> 1;
}
template <class A, class B>
inline uint32_t dot(uint32_t a, uint32_t b)
{
    constexpr int bits = 8 * sizeof(A);
    uint32_t sum = 0;
    for (int i = 0; i < 32; i += bits)
        sum += U32(static_cast<A>(a >> i)) * U32(static_cast<B>(b >> i));
    return sum;
}
inline uint32_t shuffle_h(uint32_t v, uint32_t selector)
{
    const uint32_t low = (v >> (16 * (selector & 1))) & 0xffff,
                   high = (v >> (16 * ((selector >> 16) & 1))) & 0xffff;
    return low | (high << 16);
}
inline uint32_t shuffle_b(uint32_t v, uint32_t selector)
{
    uint32_t result = 0;
    for (int i = 0; i < 32; i += 8)
        result |= ((v >> (8 * ((selector >> i) & 3))) & 0xff) << i;
    return result;
}
// Lane selectors 2:0 of a 6-bit immediate, with `top` for the highest byte.
constexpr uint32_t spread(uint32_t imm, uint32_t top)
{
    return (imm & 3) | (((imm >> 2) & 3) << 8) | (((imm >> 4) & 3) << 16) | (top << 24);
}
inline uint32_t shuffle2_h(uint32_t old, uint32_t v, uint32_t selector)
{
    const uint32_t low = ((selector & 2 ? v : old) >> (16 * (selector & 1))) & 0xffff;
    const uint32_t high = ((selector & 0x20000 ? v : old) >> (16 * ((selector >> 16) & 1))) & 0xffff;
    return low | (high << 16);
}
inline uint32_t shuffle2_b(uint32_t old, uint32_t v, uint32_t selector)
{
    const uint64_t both = old | (uint64_t{v} << 32);
    uint32_t result = 0;
    for (int i = 0; i < 32; i += 8)
        result |= (U32(both >> (8 * ((selector >> i) & 7))) & 0xff) << i;
    return result;
}
inline uint32_t complex_part(uint32_t sum, uint32_t shift)
{
    return sra(sum, 15 + shift) & 0xffff;
}
inline uint32_t complex_real(uint32_t old, uint32_t a, uint32_t b, uint32_t shift)
{
    const uint32_t re = U32(int16_t(a)) * U32(int16_t(b)) - U32(int16_t(a >> 16)) * U32(int16_t(b >> 16));
    return (old & 0xffff0000u) | complex_part(re, shift);
}
inline uint32_t complex_imaginary(uint32_t old, uint32_t a, uint32_t b, uint32_t shift)
{
    const uint32_t im = U32(int16_t(a)) * U32(int16_t(b >> 16)) + U32(int16_t(a >> 16)) * U32(int16_t(b));
    return (old & 0xffff) | (complex_part(im, shift) << 16);
}
inline uint32_t sub_rotate(uint32_t a, uint32_t b)
{
    return (((b - a) & 0xffff) << 16) | (((a >> 16) - (b >> 16)) & 0xffff);
}
inline uint32_t halves_sra(uint32_t v, uint32_t shift)
{
    return (U32(int16_t(v) >> shift) & 0xffff) | (U32(int16_t(v >> 16) >> shift) << 16);
}

} // namespace nmcu::iss::xcv
