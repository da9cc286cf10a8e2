// What a core reads and writes outside the memories: host I/O, regions, event unit, DMA registers.
#pragma once
#include "platform.hpp"

namespace nmcu {

template <Core C>
void Platform<C>::peripheral(uint32_t i)
{
    const Request &r = cores[i].request;
    const auto page = [&](uint32_t base) { return r.address - base < 0x1000; };
    const bool aligned = r.size == 4 && (r.address & 3) == 0;
    const bool host = page(config_.host_io_base),
               event = config_.has_event_unit && page(config_.event_unit_base);
    uint32_t engine = ~0u;
    for (uint32_t d = 0; d < dmas.size(); ++d)
        if (page(dmas[d].config.base)) engine = d;
    if (!host && !event && engine == ~0u) {
        Memory *m = memories_.find(r.address, 1);
        const std::string what = r.write ? "store of " : "load of ";
        const std::string why = m && !m->config.core_access
                                    ? " lies in " + m->config.name + ", which only DMA can reach"
                                    : " is neither memory nor a register";
        return raise_for(i, Fault::Kind::UnmappedAddress, r,
                         what + std::to_string(r.size) + " bytes: address " + hex(r.address) + why);
    }
    if (!aligned)
        return raise_for(i, Fault::Kind::MisalignedPeripheral, r,
                         "access of " + std::to_string(r.size) + " bytes at " + hex(r.address) +
                             ": registers only allow aligned words");
    if (host) return host_io(i, r.address - config_.host_io_base);
    if (event) return event_unit(i, r.address - config_.event_unit_base);
    dma_registers(i, engine, r.address - dmas[engine].config.base);
}

template <Core C>
void Platform<C>::no_register(uint32_t i, const std::string &where)
{
    const Request &r = cores[i].request;
    raise_for(i, Fault::Kind::PeripheralRegister, r,
              std::string(r.write ? "write to " : "read of ") + hex(r.address) +
                  ": no such register in the " + where);
}

template <Core C>
void Platform<C>::host_io(uint32_t i, uint32_t offset)
{
    const Request r = cores[i].request;
    if (r.write && offset == 0x00) return leave(i, r.data);
    if (r.write && offset == 0x04) {
        output.push_back(static_cast<uint8_t>(r.data));
        return respond(i, 0);
    }
    if (r.write && offset == 0x08) {
        ports_[i].phase = Phase::Idle;
        cores[i].respond(now, 0);
        mark(i, r.data, now + 1);
        return go_on(i);
    }
    if (!r.write && offset == 0x0c) return respond(i, static_cast<uint32_t>(now));
    if (!r.write && offset == 0x10) return respond(i, static_cast<uint32_t>(now >> 32));
    if (!r.write && offset == 0x14) return respond(i, next_run());
    no_register(i, "host I/O page");
}

template <Core C>
void Platform<C>::mark(uint32_t i, uint32_t id, Cycle at)
{
    auto &o = regions_open_[i];
    if (id & PART) {
        if (!o.open) return;
        close_part(i, at);
        o.part = id & ~PART;
        o.part_start = at;
        return;
    }
    close_region(i, at);
    o.open = true;
    o.id = id;
    o.start = at;
    o.stalls = cores[i].stalls;
    o.counts = cores[i].histogram;
}

template <Core C>
void Platform<C>::close_part(uint32_t i, Cycle at)
{
    auto &o = regions_open_[i];
    if (o.part) parts.push_back({o.id, i, o.part, o.part_start, at});
    o.part = 0;
}

template <Core C>
void Platform<C>::close_region(uint32_t i, Cycle at)
{
    auto &o = regions_open_[i];
    if (!o.open) return;
    close_part(i, at);
    o.open = false;
    auto &s = regions[{o.id, i}];
    s.cycles += at - o.start;
    for (size_t k = 0; k < CAUSES; ++k)
        s.stalls[k] += cores[i].stalls[k] - o.stalls[k];
    for (size_t k = 0; k < o.counts.size(); ++k)
        s.counts[k] += cores[i].histogram[k] - o.counts[k];
    visits.push_back({o.id, i, o.start, at});
}

template <Core C>
void Platform<C>::event_unit(uint32_t i, uint32_t offset)
{
    const Request r = cores[i].request;
    if (offset < 0x40) {
        auto &b = events_.barriers[offset >> 3];
        if ((offset & 4) == 0) {
            if (!r.write) return no_register(i, "event unit");
            b.mask = r.data;
            if (b.arrived && (b.arrived & b.mask) == b.mask) release(offset >> 3);
            return respond(i, 0);
        }
        if (r.write) return no_register(i, "event unit");
        b.arrived |= 1u << i;
        wait(i, Waits::Barrier, Cause::BarrierWait, offset >> 3);
        if ((b.arrived & b.mask) == b.mask) release(offset >> 3);
        return;
    }
    const uint32_t e = (offset >> 2) & 7;
    if (offset >= 0x80 && offset < 0xa0 && r.write) {
        for (uint32_t k = 0; k < cores.size(); ++k) {
            if (!(r.data >> k & 1)) continue;
            Port &p = ports_[k];
            if (p.phase == Phase::Waiting && p.waits == Waits::Event && p.index == e)
                wake(k, e);
            else
                events_.pending[e] |= 1u << k;
        }
        return respond(i, 0);
    }
    if (offset >= 0xc0 && offset < 0xe0 && !r.write) {
        if (events_.pending[e] >> i & 1) {
            events_.pending[e] &= ~(1u << i);
            return respond(i, e);
        }
        return wait(i, Waits::Event, Cause::EventWait, e);
    }
    no_register(i, "event unit");
}

template <Core C>
void Platform<C>::release(uint32_t barrier)
{
    events_.barriers[barrier].arrived = 0;
    for (uint32_t k = 0; k < cores.size(); ++k) {
        const Port &p = ports_[k];
        if (p.phase == Phase::Waiting && p.waits == Waits::Barrier && p.index == barrier) wake(k, barrier);
    }
}

template <Core C>
Transfer Platform<C>::transfer_of(uint32_t i, const Dma &dma) const
{
    const auto &g = dma.registers[i];
    Transfer t;
    t.core = i;
    t.source = g.source;
    t.destination = g.destination;
    t.row_bytes = g.row_bytes;
    t.rows = g.rows;
    t.source_stride = g.source_stride;
    t.destination_stride = g.destination_stride;
    t.pc = cores[i].pc();
    return t;
}

template <Core C>
void Platform<C>::dma_registers(uint32_t i, uint32_t engine, uint32_t offset)
{
    Dma &dma = dmas[engine];
    const Request r = cores[i].request;
    auto &g = dma.registers[i];
    if (r.write) {
        switch (offset) {
        case 0x00: g.source = r.data; break;
        case 0x04: g.destination = r.data; break;
        case 0x08: g.row_bytes = r.data; break;
        case 0x0c: g.rows = r.data; break;
        case 0x10: g.source_stride = r.data; break;
        case 0x14: g.destination_stride = r.data; break;
        case 0x1c: g.wait_ticket = r.data; break;
        default: return no_register(i, "DMA " + dma.config.name);
        }
        return respond(i, 0);
    }
    if (offset == 0x18) {
        const Transfer t = transfer_of(i, dma);
        uint32_t address = 0;
        if (const std::string p = dma.problem(t, address); !p.empty()) {
            Fault f{Fault::Kind::DmaOutsideMemory,
                    static_cast<int>(i),
                    cores[i].pc(),
                    now,
                    address,
                    t.row_bytes,
                    ""};
            f.detail = "transfer of " + std::to_string(t.rows) + " x " + std::to_string(t.row_bytes) +
                       " bytes from " + hex(t.source) + " (stride " +
                       std::to_string(static_cast<int32_t>(t.source_stride)) + ") to " + hex(t.destination) +
                       " (stride " + std::to_string(static_cast<int32_t>(t.destination_stride)) + "): " + p;
            return raise(std::move(f));
        }
        for (const Segment &s : executable_)
            if (Dma::touches(t.destination, t.row_bytes, t.rows, t.destination_stride, s.address, s.size))
                return raise({Fault::Kind::WriteToCode, static_cast<int>(i), cores[i].pc(), now,
                              t.destination, t.row_bytes,
                              "DMA transfer into the executable segment that starts at " + hex(s.address)});
        if (const Memory *m = memories_.find(t.destination, 1); m && !m->config.writable && t.bytes() != 0)
            return raise({Fault::Kind::WriteToReadOnly, static_cast<int>(i), cores[i].pc(), now,
                          t.destination, t.row_bytes,
                          "DMA transfer to " + m->config.name + ", which can only be read"});
        if (!dma.has_room(i) && t.bytes() != 0) return wait(i, Waits::DmaRoom, Cause::DmaWait, engine);
        const uint32_t ticket = dma.start(t, now);
        dma_changed();
        return respond(i, ticket);
    }
    if (offset == 0x20) {
        if (dma.completed[i] >= g.wait_ticket) return respond(i, g.wait_ticket);
        return wait(i, Waits::DmaTicket, Cause::DmaWait, engine);
    }
    no_register(i, "DMA " + dma.config.name);
}

} // namespace nmcu
