// The C functions with which Python runs a program on a machine: the same for every kind of core.
//
// NMCU_MACHINE_API(Machine) defines them for a machine that is `Loaded` and made from a configuration, a file and a set
// of extensions. Python's side: nmcu/sim/native.py.
#pragma once
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "config_text.hpp"
#include "fields.hpp"
#include "instructions.hpp"
#include "report.hpp"

namespace nmcu::api {

inline thread_local std::string problem; // why the last call on this thread failed, in one sentence

template <class Machine>
struct Handle {
    std::unique_ptr<Machine> machine;
    std::string report;
};

// What `work` returns, or `failed` where it throws; `problem` then says why.
template <class T, class Work>
T guarded(T failed, Work &&work)
{
    try {
        return work();
    } catch (const std::bad_alloc &) {
        problem = "this computer has not enough memory for the machine";
    } catch (const std::exception &error) {
        problem = error.what();
    }
    return failed;
}

template <class Machine>
void *open(const char *setup, const uint8_t *file, uint64_t size)
{
    return guarded<void *>(nullptr, [&] {
        const Setup s = read_setup(setup);
        auto handle = std::make_unique<Handle<Machine>>();
        handle->machine = std::make_unique<Machine>(s.config, std::span(file, size), s.extensions);
        return handle.release();
    });
}

// The `size` bytes of memory at `address`; null where no memory holds all of them.
template <class Machine>
uint8_t *memory_at(Machine &machine, uint32_t address, uint64_t size)
{
    if (size > 0xffffffffu) return nullptr;
    const Memory *m = machine.platform.memories().find(address, static_cast<uint32_t>(size));
    return m ? m->data + (address - m->base) : nullptr;
}

} // namespace nmcu::api

#define NMCU_MACHINE_API(Machine)                                                                           \
    using NmcuHandle = nmcu::api::Handle<Machine>;                                                          \
    static Machine &machine_of(void *handle)                                                                \
    {                                                                                                       \
        return *static_cast<NmcuHandle *>(handle)->machine;                                                 \
    }                                                                                                       \
    NMCU_INSTRUCTIONS_API()                                                                                 \
    NMCU_EXPORT const char *nmcu_problem()                                                                  \
    {                                                                                                       \
        return nmcu::api::problem.c_str();                                                                  \
    }                                                                                                       \
    NMCU_EXPORT const char *nmcu_fields()                                                                   \
    {                                                                                                       \
        return nmcu::api::fields();                                                                         \
    }                                                                                                       \
    /* A machine with the program of the ELF `file`; null where that cannot be, see nmcu_problem. */        \
    NMCU_EXPORT void *nmcu_open(const char *setup, const uint8_t *file, uint64_t size)                      \
    {                                                                                                       \
        return nmcu::api::open<Machine>(setup, file, size);                                                 \
    }                                                                                                       \
    NMCU_EXPORT void nmcu_close(void *handle)                                                               \
    {                                                                                                       \
        delete static_cast<NmcuHandle *>(handle);                                                           \
    }                                                                                                       \
    /* Copies into or out of a memory; 0 where no memory holds all of it. */                                \
    NMCU_EXPORT int nmcu_write(void *handle, uint32_t address, const uint8_t *data, uint64_t size)          \
    {                                                                                                       \
        uint8_t *to = nmcu::api::memory_at(machine_of(handle), address, size);                              \
        if (to) std::memcpy(to, data, size);                                                                \
        return to != nullptr;                                                                               \
    }                                                                                                       \
    NMCU_EXPORT int nmcu_read(void *handle, uint32_t address, uint8_t *data, uint64_t size)                 \
    {                                                                                                       \
        const uint8_t *from = nmcu::api::memory_at(machine_of(handle), address, size);                      \
        if (from) std::memcpy(data, from, size);                                                            \
        return from != nullptr;                                                                             \
    }                                                                                                       \
    /* Runs for at most `cycles` more cycles: 1 when the run is over, 0 if not yet, -1 see nmcu_problem. */ \
    NMCU_EXPORT int nmcu_run(void *handle, uint64_t cycles, uint64_t max_cycles)                            \
    {                                                                                                       \
        auto &p = machine_of(handle).platform;                                                              \
        return nmcu::api::guarded<int>(-1, [&] { return p.run(p.now + cycles, max_cycles); });              \
    }                                                                                                       \
    /* Asked whether there is more work; may call nmcu_read and nmcu_write. */                              \
    NMCU_EXPORT void nmcu_serve(void *handle, uint32_t (*next)())                                           \
    {                                                                                                       \
        machine_of(handle).platform.next_run = next;                                                        \
    }                                                                                                       \
    NMCU_EXPORT uint64_t nmcu_now(void *handle)                                                             \
    {                                                                                                       \
        return machine_of(handle).platform.now;                                                             \
    }                                                                                                       \
    /* What the program wrote; valid until the machine runs on or is closed. */                             \
    NMCU_EXPORT const uint8_t *nmcu_output(void *handle, uint64_t *size)                                    \
    {                                                                                                       \
        const auto &output = machine_of(handle).platform.output;                                            \
        *size = output.size();                                                                              \
        return output.data();                                                                               \
    }                                                                                                       \
    /* Statistics of a run that is over, or its fault, as JSON; valid until the machine is closed. */       \
    NMCU_EXPORT const char *nmcu_report(void *handle)                                                       \
    {                                                                                                       \
        return nmcu::api::guarded<const char *>(nullptr, [&] {                                              \
            std::string &report = static_cast<NmcuHandle *>(handle)->report;                                \
            report = nmcu::api::report(machine_of(handle).platform);                                        \
            return report.c_str();                                                                          \
        });                                                                                                 \
    }
