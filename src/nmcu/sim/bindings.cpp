// The simulator's face towards Python: one function that runs a program on a machine, and the disassembler.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "iss/machine.hpp"
#include "iss/trace.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace nmcu;

namespace {

constexpr Cycle CYCLES_PER_SLICE = 1'000'000;  // between two looks at signals and the progress callback

template <class T>
T get(const nb::dict& d, const char* key) {
  return nb::cast<T>(d[key]);
}

Config config_from(const nb::dict& d) {
  Config c;
  c.cores = get<uint32_t>(d, "cores");
  c.host_io_base = get<uint32_t>(d, "host_io_base");
  for (nb::handle h : get<nb::list>(d, "memories")) {
    const auto m = nb::cast<nb::dict>(h);
    c.memories.push_back({get<std::string>(m, "name"), get<uint32_t>(m, "base"), get<uint32_t>(m, "size"), get<uint32_t>(m, "banks"),
                          get<uint32_t>(m, "latency_cycles"), get<bool>(m, "core_access")});
  }
  for (nb::handle h : get<nb::list>(d, "dmas")) {
    const auto m = nb::cast<nb::dict>(h);
    c.dmas.push_back({get<std::string>(m, "name"), get<uint32_t>(m, "base"), get<std::string>(m, "near"), get<std::string>(m, "far"),
                      get<uint32_t>(m, "bytes_per_10_cycles"), get<uint32_t>(m, "latency_cycles"), get<uint32_t>(m, "queue_per_core"),
                      get<uint32_t>(m, "queue_total")});
  }
  if (d.contains("event_unit_base")) {
    c.has_event_unit = true;
    c.event_unit_base = get<uint32_t>(d, "event_unit_base");
    c.wake_cycles = get<uint32_t>(d, "wake_cycles");
  }
  return c;
}

nb::dict stalls_dict(const Stalls& s) {
  nb::dict d;
  for (size_t i = 0; i < CAUSES; ++i) d[CAUSE_NAMES[i]] = s[i];
  return d;
}

uint64_t total(const iss::Histogram& h) {
  uint64_t n = 0;
  for (const uint64_t v : h) n += v;
  return n;
}

nb::object bytes_at(MemoryMap& memories, uint32_t address, uint32_t size) {
  const Memory* m = memories.find(address, size);
  if (!m) throw nb::value_error(("no memory holds " + std::to_string(size) + " bytes at " + iss::hex(address)).c_str());
  return nb::bytes(reinterpret_cast<const char*>(m->data + (address - m->base)), size);
}

nb::dict fault_dict(iss::Machine& machine, const Fault& f) {
  nb::dict d;
  d["kind"] = FAULT_NAMES[static_cast<size_t>(f.kind)];
  d["core"] = f.core;
  d["pc"] = f.pc;
  d["cycle"] = f.cycle;
  d["address"] = f.address;
  d["size"] = f.size;
  d["detail"] = f.detail;
  nb::list cores;
  for (const auto& c : machine.platform.cores) {
    nb::dict core;
    core["pc"] = c.pc();
    core["registers"] = std::vector<uint32_t>(c.state.regs, c.state.regs + 32);
    cores.append(core);
  }
  d["cores"] = cores;
  return d;
}

std::unique_ptr<iss::Tracer> open_trace(const nb::dict& d, size_t cores) {
  std::vector<iss::TracedFunction> functions;
  for (nb::handle h : get<nb::list>(d, "functions")) {
    const auto f = nb::cast<nb::tuple>(h);
    functions.push_back({nb::cast<uint32_t>(f[0]), nb::cast<uint32_t>(f[1]), nb::cast<std::string>(f[2]), nb::cast<bool>(f[3])});
  }
  const auto path = get<std::string>(d, "path");
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) {
    PyErr_SetFromErrnoWithFilename(PyExc_OSError, path.c_str());
    throw nb::python_error();
  }
  return std::make_unique<iss::Tracer>(file, cores, get<uint32_t>(d, "core_mask"), std::move(functions), get<bool>(d, "outside"));
}

nb::dict simulate(const nb::bytes& elf, const nb::dict& config, int group, const nb::list& writes, const nb::list& reads,
                  uint64_t max_cycles, const nb::object& progress, const nb::object& trace) {
  std::unique_ptr<iss::Machine> machine;
  try {
    machine = std::make_unique<iss::Machine>(config_from(config),
                                             std::span(reinterpret_cast<const uint8_t*>(elf.data()), elf.size()), static_cast<iss::Group>(group));
  } catch (const ElfError& e) {
    throw nb::value_error(e.what());
  }
  auto& p = machine->platform;
  for (nb::handle h : writes) {
    const auto pair = nb::cast<nb::tuple>(h);
    const auto address = nb::cast<uint32_t>(pair[0]);
    const auto data = nb::cast<nb::bytes>(pair[1]);
    if (data.size() == 0) continue;
    Memory* m = data.size() > 0xffffffffu ? nullptr : p.memories().find(address, static_cast<uint32_t>(data.size()));
    if (!m) throw nb::value_error(("no memory holds " + std::to_string(data.size()) + " bytes at " + iss::hex(address)).c_str());
    std::memcpy(m->data + (address - m->base), data.data(), data.size());
  }
  for (nb::handle h : reads) {  // before the run: a wrong address is the caller's mistake
    const auto pair = nb::cast<nb::tuple>(h);
    bytes_at(p.memories(), nb::cast<uint32_t>(pair[0]), nb::cast<uint32_t>(pair[1]));
  }
  std::unique_ptr<iss::Tracer> tracer;
  if (!trace.is_none()) tracer = open_trace(nb::cast<nb::dict>(trace), p.cores.size());
  for (auto& c : p.cores) c.sink = tracer.get();
  for (bool over = false; !over;) {
    {
      nb::gil_scoped_release release;
      over = p.run(p.now + CYCLES_PER_SLICE, max_cycles);
    }
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (!over && !progress.is_none()) progress(p.now);
  }
  if (tracer)
    for (const auto& c : p.cores) tracer->finish(c);
  tracer.reset();
  nb::dict result;
  result["stdout"] = nb::bytes(reinterpret_cast<const char*>(p.output.data()), p.output.size());
  if (p.fault) {
    result["fault"] = fault_dict(*machine, *p.fault);
    return result;
  }
  p.finish();
  result["exit_code"] = *p.exit_code;
  result["cycles"] = p.end;
  nb::list cores;
  for (uint32_t i = 0; i < p.cores.size(); ++i) {
    const auto& c = p.cores[i];
    nb::dict d;
    d["cycles"] = p.clocks[i];
    d["instructions"] = c.instructions();
    d["stalls"] = stalls_dict(c.stalls);
    d["histogram"] = iss::by_mnemonic(c.histogram);
    d["stack_bytes"] = c.stack_top && c.lowest_sp <= c.stack_top ? nb::cast(c.stack_top - c.lowest_sp) : nb::none();
    cores.append(d);
  }
  result["cores"] = cores;
  nb::list regions;
  for (const auto& [key, s] : p.regions) {
    nb::dict d;
    d["region"] = key.first;
    d["core"] = key.second;
    d["cycles"] = s.cycles;
    d["instructions"] = total(s.counts);
    d["stalls"] = stalls_dict(s.stalls);
    d["histogram"] = iss::by_mnemonic(s.counts);
    nb::list visits;
    for (const Visit& v : p.visits)
      if (v.region == key.first && v.core == key.second) visits.append(nb::make_tuple(v.start, v.end));
    d["visits"] = visits;
    regions.append(d);
  }
  result["regions"] = regions;
  nb::list dmas;
  for (const auto& m : p.dmas) {
    nb::dict d;
    d["name"] = m.config.name;
    d["busy_cycles"] = m.busy_cycles;
    d["bytes"] = m.bytes_moved;
    d["transfers"] = m.transfers;
    dmas.append(d);
  }
  result["dmas"] = dmas;
  nb::list memories;
  for (const auto& m : p.memories().all()) {
    nb::dict d;
    d["name"] = m.config.name;
    d["accesses"] = m.bank_accesses;
    d["conflicts"] = m.bank_conflicts;
    memories.append(d);
  }
  result["memories"] = memories;
  nb::list memory;
  for (nb::handle h : reads) {
    const auto pair = nb::cast<nb::tuple>(h);
    memory.append(bytes_at(p.memories(), nb::cast<uint32_t>(pair[0]), nb::cast<uint32_t>(pair[1])));
  }
  result["memory"] = memory;
  return result;
}

}  // namespace

NB_MODULE(_core, m) {
  m.doc() = "The cycle-level simulator.";
  m.def("simulate", &simulate, "elf"_a, "config"_a, "group"_a, "writes"_a, "reads"_a, "max_cycles"_a, "progress"_a.none(), "trace"_a.none(),
        "Runs a program on a machine; returns what it left behind, or the fault that ended it.");
  m.def("disassemble", &iss::disassemble, "word"_a, "pc"_a, "Text of the instruction `word` (16 or 32 bits) at `pc`.");
  m.def(
      "instructions",
      [] {
        nb::list all;
        for (const auto& i : iss::INSNS) all.append(nb::make_tuple(i.name, i.pattern.mask, i.pattern.match, static_cast<int>(i.group), i.text));
        return all;
      },
      "Every instruction: name, encoding mask and match, group (0 base, 1 CORE-V, 2 xDecimate), disassembly.");
}
