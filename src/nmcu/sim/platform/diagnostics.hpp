// What faults say: addresses, memories, and who waits for what.
#pragma once
#include "platform.hpp"

namespace nmcu {

template <Core C>
std::string Platform<C>::memory_list() const
{
    std::string s;
    for (const auto &m : config_.memories)
        s += (s.empty() ? "" : ", ") + m.name + " " + hex(m.base) + " to " + hex(m.base + (m.size - 1));
    return s;
}

template <Core C>
void Platform<C>::deadlock()
{
    std::map<std::string, uint32_t> waits; // cores that wait for the same thing share a clause
    for (uint32_t i = 0; i < cores.size(); ++i)
        waits[awaited(i)] |= 1u << i;
    std::string detail = "every core waits";
    char separator = ':';
    for (const auto &[what, mask] : waits) {
        detail +=
            separator + std::string(mask & (mask - 1) ? " cores " : " core ") + core_list(mask) + " " + what;
        separator = ',';
    }
    raise({Fault::Kind::Deadlock, 0, cores[0].pc(), now, 0, 0, detail});
}

template <Core C>
std::string Platform<C>::awaited(uint32_t i) const
{
    const Port &p = ports_[i];
    switch (p.waits) {
    case Waits::Barrier: {
        const auto &b = events_.barriers[p.index];
        return "at barrier " + std::to_string(p.index) + " for " + core_list(b.mask & ~b.arrived);
    }
    case Waits::Event: return "for event " + std::to_string(p.index);
    case Waits::DmaRoom: return "for room in the queue of DMA " + dmas[p.index].config.name;
    case Waits::DmaTicket:
        return "for ticket " + std::to_string(dmas[p.index].registers[i].wait_ticket) + " of DMA " +
               dmas[p.index].config.name + " (" + std::to_string(dmas[p.index].issued[i]) + " issued)";
    case Waits::Sleep: break;
    }
    return "in wfi";
}

template <Core C>
std::string Platform<C>::core_list(uint32_t mask)
{
    std::string s;
    for (uint32_t i = 0; i < 32; ++i)
        if (mask >> i & 1) s += (s.empty() ? "" : "+") + std::to_string(i);
    return s.empty() ? "none" : s;
}

} // namespace nmcu
