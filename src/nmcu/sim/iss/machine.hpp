// A platform of instruction-set cores with a program loaded.
#pragma once
#include <map>
#include <span>
#include <string>

#include "../platform/platform.hpp"
#include "core.hpp"

namespace nmcu::iss {

class Machine {
 public:
  // Throws ElfError or std::invalid_argument, each with one sentence that says what is wrong.
  Machine(const Config& config, std::span<const uint8_t> file, Group group)
      : elf(read_elf(file)), platform(config, elf), code(elf, platform.memories(), group) {
    std::array<Window, 2> windows{};
    size_t n = 0;
    for (Memory& m : platform.memories().all()) {
      if (!m.config.core_access || m.config.latency_cycles > 1 || n == windows.size()) continue;
      windows[n++] = Window{m.base, m.size, m.bank_mask, m.data, m.guard.data(), m.bank_accesses.data()};
    }
    // The memory the program lives in is asked first.
    if (n == 2 && elf.entry - windows[1].base < windows[1].size) std::swap(windows[0], windows[1]);
    const auto top = elf.symbols.find("__stack_top"), bytes = elf.symbols.find("__stack_bytes");
    for (uint32_t i = 0; i < platform.cores.size(); ++i) {
      Core& c = platform.cores[i];
      c.reset(i, code, windows, elf.entry);
      if (top != elf.symbols.end() && bytes != elf.symbols.end()) {
        c.stack_top = top->second - i * bytes->second;
        c.stack_limit = c.stack_top - bytes->second;
      }
    }
    platform.code_written = [this](uint32_t address, uint32_t size) { code.invalidate(address, size); };
  }
  Machine(const Machine&) = delete;

  Elf elf;
  Platform<Core> platform;
  Code code;
};

// Instruction counts by mnemonic: forms of one instruction (cv.lw with three kinds of address) are added up.
inline std::map<std::string, uint64_t> by_mnemonic(const Histogram& counts) {
  std::map<std::string, uint64_t> result;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (!counts[i]) continue;
    const std::string text = INSNS[i].text;
    result[text.substr(0, text.find(' '))] += counts[i];
  }
  return result;
}

}  // namespace nmcu::iss
