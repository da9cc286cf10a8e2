// The platform around Verilated cores, as the C functions that every machine has (nmcu/sim/api/machine.hpp).

#include "api/machine.hpp"
#include "platform/loaded.hpp"
#include "platform_core.hpp"

namespace {

class Machine : public nmcu::Loaded<nmcu::rtl::PlatformCore> {
public:
    // What the cores accept is decided by the RTL that they were built from.
    Machine(const nmcu::Config &config, std::span<const uint8_t> file, nmcu::iss::ExtensionSet)
        : Loaded(config, file)
    {
        for (uint32_t i = 0; i < platform.cores.size(); ++i)
            platform.cores[i].reset(i, platform.memories(), elf.entry);
    }
};

} // namespace

NMCU_MACHINE_API(Machine)
