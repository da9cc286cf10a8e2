// The platform around Verilated cores, as plain C functions for Python (simulate.py).

#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <string>

#include "iss/decode.hpp"
#include "platform/platform.hpp"
#include "platform_core.hpp"

namespace {

using namespace nmcu;

struct Machine {
    Machine(const Config& config, std::span<const uint8_t> file)
        : bytes(file.begin(), file.end()), elf(read_elf(bytes)), platform(config, elf) {
        const auto top = elf.symbols.find("__stack_top"), size = elf.symbols.find("__stack_bytes");
        for (uint32_t i = 0; i < platform.cores.size(); ++i) {
            rtl::PlatformCore& core = platform.cores[i];
            core.reset(i, platform.memories(), elf.entry);
            if (top != elf.symbols.end() && size != elf.symbols.end()) {
                core.stack_top = top->second - i * size->second;
                core.stack_limit = core.stack_top - size->second;
            }
        }
    }

    std::vector<uint8_t> bytes;
    Elf elf;
    Platform<rtl::PlatformCore> platform;
    std::string report;
};

thread_local std::string problem;

// One line for each part: `machine cores host_io_base`, `memory name base size banks latency access`,
// `dma name base near far bytes_per_10_cycles latency queue_per_core queue_total`, `events base wake_cycles`.
Config parse(const char* text) {
    Config config;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream in(line);
        std::string kind;
        in >> kind;
        if (kind == "machine") {
            in >> config.cores >> config.host_io_base;
        } else if (kind == "memory") {
            MemoryConfig m;
            in >> m.name >> m.base >> m.size >> m.banks >> m.latency_cycles >> m.core_access;
            config.memories.push_back(m);
        } else if (kind == "dma") {
            DmaConfig d;
            in >> d.name >> d.base >> d.near >> d.far >> d.bytes_per_10_cycles >> d.latency_cycles >> d.queue_per_core >>
                d.queue_total;
            config.dmas.push_back(d);
        } else if (kind == "events") {
            config.has_event_unit = true;
            in >> config.event_unit_base >> config.wake_cycles;
        }
        if (in.fail()) throw std::invalid_argument("bad configuration line: " + line);
    }
    return config;
}

// ---- JSON, for numbers and for names that need no escapes except in `detail`
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + "\"";
}

template <class Items, class Text>
std::string list(const Items& items, Text&& text) {
    std::string out;
    for (const auto& item : items) out += (out.empty() ? "" : ",") + text(item);
    return "[" + out + "]";
}

std::string field(const char* name, uint64_t value) { return quoted(name) + ":" + std::to_string(value); }
std::string field(const char* name, const std::string& json) { return quoted(name) + ":" + json; }

std::string json(const Stalls& stalls) {
    std::string out;
    for (size_t i = 0; i < CAUSES; ++i) out += (i ? "," : "") + field(CAUSE_NAMES[i], stalls[i]);
    return "{" + out + "}";
}

std::string json(const rtl::Histogram& counts) {
    std::map<std::string, uint64_t> by_mnemonic;  // forms of one instruction (cv.lw with three kinds of address) are added up
    for (size_t i = 0; i < counts.size(); ++i)
        if (const std::string text = iss::INSNS[i].text; counts[i]) by_mnemonic[text.substr(0, text.find(' '))] += counts[i];
    std::string out;
    for (const auto& [name, count] : by_mnemonic) out += (out.empty() ? "" : ",") + quoted(name) + ":" + std::to_string(count);
    return "{" + out + "}";
}

uint64_t total(const rtl::Histogram& counts) {
    uint64_t sum = 0;
    for (const uint64_t count : counts) sum += count;
    return sum;
}

std::string number(uint64_t value) { return std::to_string(value); }

std::string json(const Fault& f, const std::vector<rtl::PlatformCore>& cores) {
    const auto core = [](const rtl::PlatformCore& c) {
        return "{" + field("pc", c.pc()) + "," + field("registers", list(c.registers(), number)) + "}";
    };
    return "{" + field("kind", quoted(FAULT_NAMES[static_cast<size_t>(f.kind)])) + "," + field("core", std::to_string(f.core)) + "," +
           field("pc", f.pc) + "," + field("cycle", f.cycle) + "," + field("address", f.address) + "," + field("size", f.size) + "," +
           field("detail", quoted(f.detail)) + "," + field("cores", list(cores, core)) + "}";
}

std::string json_report(Machine& machine) {
    auto& p = machine.platform;
    std::string out = "{" + field("stdout", list(p.output, [](uint8_t c) { return number(c); }));
    if (p.fault) return out + "," + field("fault", json(*p.fault, p.cores)) + "}";
    p.finish();
    out += "," + field("exit_code", *p.exit_code) + "," + field("cycles", p.end);
    std::string cores;
    for (size_t i = 0; i < p.cores.size(); ++i) {
        const auto& c = p.cores[i];
        const bool stack = c.stack_top && c.lowest_sp <= c.stack_top;
        cores += (i ? ",{" : "{") + field("cycles", p.clocks[i]) + "," + field("instructions", c.instructions()) + "," +
                 field("stalls", json(c.stalls)) + "," + field("histogram", json(c.histogram)) + "," +
                 field("stack_bytes", stack ? number(c.stack_top - c.lowest_sp) : "null") + "}";
    }
    out += "," + field("cores", "[" + cores + "]");
    out += "," + field("regions", list(p.regions, [&](const auto& entry) {
        const auto& [key, s] = entry;
        std::string visits;
        for (const Visit& v : p.visits)
            if (v.region == key.first && v.core == key.second)
                visits += (visits.empty() ? "[" : ",[") + number(v.start) + "," + number(v.end) + "]";
        return "{" + field("region", key.first) + "," + field("core", key.second) + "," + field("cycles", s.cycles) + "," +
               field("instructions", total(s.counts)) + "," + field("stalls", json(s.stalls)) + "," +
               field("histogram", json(s.counts)) + "," + field("visits", "[" + visits + "]") + "}";
    }));
    out += "," + field("dmas", list(p.dmas, [](const Dma& d) {
        return "{" + field("name", quoted(d.config.name)) + "," + field("busy_cycles", d.busy_cycles) + "," +
               field("bytes", d.bytes_moved) + "," + field("transfers", d.transfers) + "}";
    }));
    out += "," + field("memories", list(p.memories().all(), [](const Memory& m) {
        return "{" + field("name", quoted(m.config.name)) + "," + field("accesses", list(m.bank_accesses, number)) + "," +
               field("conflicts", list(m.bank_conflicts, number)) + "}";
    }));
    return out + "}";
}

}  // namespace

extern "C" {

const char* nmcu_machine_problem() { return problem.c_str(); }

// Null where the configuration or the ELF file is wrong; nmcu_machine_problem says how.
void* nmcu_machine_open(const char* config, const uint8_t* elf, uint64_t size) {
    try {
        return new Machine(parse(config), std::span(elf, size));
    } catch (const std::exception& error) {
        problem = error.what();
        return nullptr;
    }
}

void nmcu_machine_close(void* handle) { delete static_cast<Machine*>(handle); }

// Copies into or out of a memory; 0 where no memory holds all of it.
int nmcu_machine_write(void* handle, uint32_t address, const uint8_t* data, uint32_t size) {
    Memory* m = static_cast<Machine*>(handle)->platform.memories().find(address, size);
    if (m) std::memcpy(m->data + (address - m->base), data, size);
    return m != nullptr;
}

int nmcu_machine_read(void* handle, uint32_t address, uint8_t* data, uint32_t size) {
    const Memory* m = static_cast<Machine*>(handle)->platform.memories().find(address, size);
    if (m) std::memcpy(data, m->data + (address - m->base), size);
    return m != nullptr;
}

// Runs for at most `cycles` more cycles; 1 when the run is over.
int nmcu_machine_run(void* handle, uint64_t cycles, uint64_t max_cycles) {
    auto& p = static_cast<Machine*>(handle)->platform;
    return p.run(p.now + cycles, max_cycles);
}

uint64_t nmcu_machine_now(void* handle) { return static_cast<Machine*>(handle)->platform.now; }

// Statistics of a run that is over, or its fault; valid until the machine is closed.
const char* nmcu_machine_report(void* handle) {
    Machine& machine = *static_cast<Machine*>(handle);
    machine.report = json_report(machine);
    return machine.report.c_str();
}

}  // extern "C"
