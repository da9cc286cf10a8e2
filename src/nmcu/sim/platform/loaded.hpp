// A platform with a program loaded: what machines have in common, whatever their cores are.
#pragma once
#include <span>
#include <vector>

#include "platform.hpp"

namespace nmcu {

template <Core C>
struct Loaded {
    // Throws ElfError or std::invalid_argument, each with one sentence that says what is wrong.
    Loaded(const Config &config, std::span<const uint8_t> file)
        : bytes(file.begin(), file.end()),
          elf(read_elf(bytes)),
          platform(config, elf)
    {
        const auto top = elf.symbols.find("__stack_top"), size = elf.symbols.find("__stack_bytes");
        if (top == elf.symbols.end() || size == elf.symbols.end()) return;
        for (uint32_t i = 0; i < platform.cores.size(); ++i) {
            C &core = platform.cores[i];
            core.stack_top = top->second - i * size->second;
            core.stack_limit = core.stack_top - size->second;
        }
    }
    Loaded(const Loaded &) = delete;

    std::vector<uint8_t> bytes; // of the file; `elf` refers to them
    Elf elf;
    Platform<C> platform;
};

} // namespace nmcu
