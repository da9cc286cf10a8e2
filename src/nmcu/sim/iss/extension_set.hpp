// Which extensions a core has beside the base.
#pragma once
#include <optional>
#include <string_view>

#include "extensions.hpp" // written by nmcu.isa.tables

namespace nmcu::iss {

class ExtensionSet {
public:
    static constexpr ExtensionSet all()
    {
        ExtensionSet set;
        set.bits_ = ~uint64_t{1};
        return set;
    }
    constexpr bool has(Extension e) const
    {
        return e == Extension::base || (bits_ >> static_cast<unsigned>(e) & 1);
    }
    constexpr bool any() const { return bits_ != 0; }
    constexpr void add(Extension e) { bits_ |= uint64_t{1} << static_cast<unsigned>(e); }

private:
    static_assert(EXTENSIONS <= 64);
    uint64_t bits_ = 0;
};

inline std::optional<Extension> extension_named(std::string_view name)
{
    for (unsigned i = 1; i < EXTENSIONS; ++i)
        if (name == EXTENSION_NAMES[i]) return static_cast<Extension>(i);
    return std::nullopt;
}

} // namespace nmcu::iss
