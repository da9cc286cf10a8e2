// The instruction-set simulator as a library: the functions that every machine has, and traces.
#include <cerrno>
#include <charconv>

#include "../iss/machine.hpp"
#include "../iss/trace.hpp"
#include "machine.hpp"

using namespace nmcu;

namespace {

// A machine that may be traced.
class Simulator : public iss::Machine {
public:
    using iss::Machine::Machine;

    // Writes a trace to `path` from now on; errno where the file cannot be opened. The text has lines with tabs in
    // them: `cores mask`, `outside 0|1` (instructions in no function, too), and for each function, sorted by address,
    // `function address bytes wanted name`.
    int trace(const char *path, const std::string &text)
    {
        uint32_t mask = 0;
        bool outside = true;
        std::vector<iss::TracedFunction> functions;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream in(line);
            std::string kind;
            in >> kind;
            if (kind == "cores") in >> mask;
            if (kind == "outside") in >> outside;
            if (kind != "function") continue;
            iss::TracedFunction &f = functions.emplace_back();
            in >> f.address >> f.size >> f.wanted;
            in.get();
            std::getline(in, f.name);
        }
        std::FILE *file = std::fopen(path, "wb");
        if (!file) return errno;
        tracer_ =
            std::make_unique<iss::Tracer>(file, platform.cores.size(), mask, std::move(functions), outside);
        for (auto &c : platform.cores)
            c.sink = tracer_.get();
        return 0;
    }

    // The last lines are written and the file is closed.
    void end_trace()
    {
        if (!tracer_) return;
        for (auto &c : platform.cores) {
            tracer_->finish(c);
            c.sink = nullptr;
        }
        tracer_.reset();
    }

private:
    std::unique_ptr<iss::Tracer> tracer_;
};

} // namespace

NMCU_MACHINE_API(Simulator)

// 0, or the error number of why the file cannot be written.
NMCU_EXPORT int nmcu_trace(void *handle, const char *path, const char *options)
{
    return machine_of(handle).trace(path, options);
}
NMCU_EXPORT void nmcu_end_trace(void *handle)
{
    machine_of(handle).end_trace();
}
