// A readable trace: one line per instruction with cycle, core, pc, symbol, disassembly and the registers it wrote.
#pragma once
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "core.hpp"

namespace nmcu::iss {

struct TracedFunction {
    uint32_t address = 0, size = 0;
    std::string name;
    bool wanted = true;
};

// Lines of one core are in order; the cores' lines follow each other as the simulator reaches them, a few cycles apart.
class Tracer : public Core::TraceSink {
public:
    // `functions` are sorted by address. Instructions outside all of them are traced if `outside`.
    Tracer(std::FILE *file, size_t cores, uint32_t core_mask, std::vector<TracedFunction> functions,
           bool outside)
        : file_(file),
          core_mask_(core_mask),
          functions_(std::move(functions)),
          outside_(outside),
          pending_(cores)
    {
    }
    ~Tracer() override
    {
        if (file_) std::fclose(file_);
    }
    Tracer(const Tracer &) = delete;

    bool before(const Core &core, uint32_t pc, Cycle time) override
    {
        if (!(core_mask_ >> core.hart() & 1)) return true;
        finish(core);
        const TracedFunction *f = function(pc);
        if (f ? !f->wanted : !outside_) return true;
        Pending &p = pending_[core.hart()];
        const uint32_t raw = core.state.segment->fetch(pc);
        const Decoded d = decode(raw, ExtensionSet::all());
        p.open = true;
        p.writes = d.id < INSTRUCTIONS && INSNS[d.id].format.writes_rd && d.rd != 0;
        p.rd = d.rd;
        p.text = std::to_string(time);
        p.text.append(p.text.size() < 10 ? 10 - p.text.size() : 0, ' ');
        p.text += " core " + std::to_string(core.hart()) + "  " + hex(pc) + "  ";
        std::string where = f ? f->name : "";
        if (f && pc != f->address) where += "+" + std::to_string(pc - f->address);
        where.resize(std::max<size_t>(where.size(), 28), ' ');
        p.text += where + "  " + disassemble(raw, pc);
        p.csrs.clear();
        extension_csrs(core.state, core.extensions(),
                       [&](const char *, uint32_t value) { p.csrs.push_back(value); });
        return true;
    }

    // The line that is still open: written when the result of its instruction is known.
    void finish(const Core &core)
    {
        Pending &p = pending_[core.hart()];
        if (!p.open) return;
        p.open = false;
        if (p.writes)
            p.text += "  # " + std::string(REGISTER_NAMES[p.rd]) + " = " + hex(core.state.regs[p.rd]);
        const char *separator = p.writes ? ", " : "  # ";
        size_t k = 0;
        extension_csrs(core.state, core.extensions(), [&](const char *name, uint32_t value) {
            if (value != p.csrs[k++])
                p.text += std::exchange(separator, ", ") + std::string(name) + " = " + hex(value);
        });
        p.text += '\n';
        std::fwrite(p.text.data(), 1, p.text.size(), file_);
    }

private:
    struct Pending {
        bool open = false, writes = false;
        uint8_t rd = 0;
        std::string text;
        std::vector<uint32_t> csrs; // of the extensions, before the instruction
    };
    const TracedFunction *function(uint32_t pc) const
    {
        auto it = std::upper_bound(functions_.begin(), functions_.end(), pc,
                                   [](uint32_t v, const TracedFunction &f) { return v < f.address; });
        if (it == functions_.begin()) return nullptr;
        --it;
        return pc - it->address < std::max(it->size, 2u) ? &*it : nullptr;
    }

    std::FILE *file_;
    uint32_t core_mask_;
    std::vector<TracedFunction> functions_;
    bool outside_;
    std::vector<Pending> pending_;
};

} // namespace nmcu::iss
