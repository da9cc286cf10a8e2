// Barriers over sets of cores, and software events. Waiting is a read whose grant is withheld.
#pragma once
#include <array>

#include "types.hpp"

namespace nmcu {

struct EventUnit {
    static constexpr uint32_t BARRIERS = 8, EVENTS = 8;
    struct Barrier {
        uint32_t mask = 0, arrived = 0;
    };
    std::array<Barrier, BARRIERS> barriers;
    std::array<uint32_t, EVENTS> pending{}; // bit per core

    explicit EventUnit(uint32_t cores)
    {
        for (auto &b : barriers)
            b.mask = cores >= 32 ? ~0u : (1u << cores) - 1;
    }
};

} // namespace nmcu
