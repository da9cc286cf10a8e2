// A platform of instruction-set cores with a program loaded.
#pragma once
#include <span>
#include <string>

#include "../platform/loaded.hpp"
#include "core.hpp"

namespace nmcu::iss {

class Machine : public Loaded<Core> {
public:
    // Throws ElfError or std::invalid_argument, each with one sentence that says what is wrong.
    Machine(const Config &config, std::span<const uint8_t> file, ExtensionSet set)
        : Loaded(config, file),
          code(elf, platform.memories(), set, config.timing)
    {
        for (const std::string &clash : {encoding_clash(set), csr_clash(set)})
            if (!clash.empty()) throw std::invalid_argument(clash);
        std::array<Window, 2> windows{};
        size_t n = 0;
        for (Memory &m : platform.memories().all()) {
            if (!m.config.core_access || m.config.latency_cycles > 1 || n == windows.size()) continue;
            windows[n++] =
                Window{m.base, m.size, m.bank_mask, m.data, m.guard.data(), m.bank_accesses.data()};
        }
        // The memory the program lives in is asked first.
        if (n == 2 && elf.entry - windows[1].base < windows[1].size) std::swap(windows[0], windows[1]);
        for (uint32_t i = 0; i < platform.cores.size(); ++i)
            platform.cores[i].reset(i, code, windows, elf.entry);
        platform.code_written = [this](uint32_t core, uint32_t address, uint32_t size) {
            code.invalidate(address, size);
            platform.cores[core].code_stored(address, size);
        };
    }

    Code code;
};

} // namespace nmcu::iss
