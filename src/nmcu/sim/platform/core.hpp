// What the platform asks of a core, whatever is inside: an instruction-set model that runs ahead of time, or RTL that
// is evaluated cycle by cycle.
//
// The platform keeps the time of the cluster. In cycle t it looks at every core with due == t:
//   1. wants == Advance: advance(freedom). Afterwards due >= t, and wants says what for.
//        RTL: drive the response that arrives in this cycle, evaluate, read the request: due stays t, wants is Access
//        if data_req is up; otherwise clock the core and set due to t + 1.
//        ISS: execute up to the next access, which may lie far ahead: due is its cycle.
//   2. wants == Access: `request` holds one OBI transaction (it never crosses a word). The platform arbitrates, then
//        respond(t, data): granted in this cycle, the data arrives in the next one; or
//        defer(cause, n): not granted in the next n cycles, due moves on by n.
//      While it waits for an event the platform does not call a core at all.
//   3. wants == Sleep: never called again. wants == Fault: the run ends with `fault`.
#pragma once
#include <concepts>

#include "types.hpp"

namespace nmcu {

template <class C>
concept Core = requires(C c, const typename C::Freedom &freedom, Cycle cycle, uint32_t data, Cause cause) {
    { c.due } -> std::convertible_to<Cycle>;
    { c.wants } -> std::convertible_to<typename C::Wants>;
    { c.request } -> std::convertible_to<Request>;
    { c.fault } -> std::convertible_to<Fault>;
    { c.stalls } -> std::convertible_to<Stalls>;
    { c.pc() } -> std::convertible_to<uint32_t>;
    { c.instructions() } -> std::convertible_to<uint64_t>;
    { C::runs_ahead } -> std::convertible_to<bool>;
    c.advance(freedom);
    c.respond(cycle, data);
    c.defer(cause, cycle);
};

} // namespace nmcu
