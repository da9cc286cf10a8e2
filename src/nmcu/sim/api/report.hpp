// What a run left behind, as JSON: the rows of report.def.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "../iss/decode.hpp"
#include "../platform/platform.hpp"
#include "json.hpp"

namespace nmcu::api {

inline Counts by_cause(const Stalls &stalls)
{
    Counts result;
    for (size_t i = 0; i < CAUSES; ++i)
        result.emplace_back(CAUSE_NAMES[i], stalls[i]);
    return result;
}

// Instruction counts by mnemonic: forms of one instruction (cv.lw with three kinds of address) are added up.
template <class Histogram>
Counts by_mnemonic(const Histogram &counts)
{
    std::map<std::string, uint64_t> result;
    for (size_t i = 0; i < counts.size(); ++i) {
        if (!counts[i]) continue;
        const std::string text = iss::INSNS[i].text;
        result[text.substr(0, text.find(' '))] += counts[i];
    }
    return {result.begin(), result.end()};
}

template <class Histogram>
uint64_t total(const Histogram &counts)
{
    uint64_t sum = 0;
    for (const uint64_t count : counts)
        sum += count;
    return sum;
}

template <class C>
std::optional<uint32_t> stack_bytes(const C &core)
{
    if (!core.stack_top || core.lowest_sp > core.stack_top) return std::nullopt;
    return core.stack_top - core.lowest_sp;
}

template <class C>
std::string fault_report(const Platform<C> &p, const Fault &f)
{
    Object out;
#define FAULT_FIELD(name, value) out.field(#name, value);
#include "report.def"
    out.raw("cores", json_list(p.cores, [](const C &c) {
                const auto registers = c.registers();
                return Object()
                    .field("pc", c.pc())
                    .field("registers", std::vector<uint32_t>(registers.begin(), registers.end()))
                    .text();
            }));
    return Object().raw("fault", out.text()).text();
}

// The statistics of a run that is over, or its fault.
template <class C>
std::string report(Platform<C> &p)
{
    if (p.fault) return fault_report(p, *p.fault);
    if (p.clocks.empty()) p.finish();
    Object out;
#define RUN_FIELD(name, value) out.field(#name, value);
#include "report.def"
    std::string cores;
    for (size_t i = 0; i < p.cores.size(); ++i) {
        const C &c = p.cores[i];
        Object one;
#define CORE_FIELD(name, value) one.field(#name, value);
#include "report.def"
        cores += (i ? "," : "") + one.text();
    }
    out.raw("cores", "[" + cores + "]");
    std::map<std::pair<uint32_t, uint32_t>, std::vector<std::vector<Cycle>>> visits; // by region and core
    for (const Visit &v : p.visits)
        visits[{v.region, v.core}].push_back({v.start, v.end});
    std::map<std::pair<uint32_t, uint32_t>, std::vector<std::vector<Cycle>>> parts;
    for (const Part &part : p.parts)
        parts[{part.region, part.core}].push_back({part.number, part.start, part.end});
    out.raw("regions", json_list(p.regions, [&](const auto &entry) {
                const auto &[key, s] = entry;
                Object one;
#define REGION_FIELD(name, value) one.field(#name, value);
#include "report.def"
                return one.text();
            }));
    out.raw("dmas", json_list(p.dmas, [](const Dma &d) {
                Object one;
#define DMA_FIELD(name, value) one.field(#name, value);
#include "report.def"
                return one.text();
            }));
    out.raw("memories", json_list(p.memories().all(), [](const Memory &m) {
                Object one;
#define MEMORY_FIELD(name, value) one.field(#name, value);
#include "report.def"
                return one.text();
            }));
    out.raw("transfers", json_list(p.recorder.transfers, [&p](const Moved &t) {
                Object one;
#define TRANSFER_FIELD(name, value) one.field(#name, value);
#include "report.def"
                return one.text();
            }));
    out.raw("waits", json_list(p.recorder.waits, [](const Waited &w) {
                Object one;
#define WAIT_FIELD(name, value) one.field(#name, value);
#include "report.def"
                return one.text();
            }));
    out.field("lost", p.recorder.lost);
    return out.text();
}

} // namespace nmcu::api
