// One Verilated core, driven one clock cycle at a time.
#pragma once

#include <cstdint>
#include <memory>

#include "VNmcuCore.h"
#include "verilated.h"

namespace nmcu::rtl {

struct DataRequest {
    bool valid = false;
    bool write = false;
    uint8_t byte_enable = 0;
    uint32_t address = 0;
    uint32_t data = 0;
};

struct DataReply {
    bool grant = false;
    bool valid = false;
    uint32_t data = 0;
};

struct FetchReply {
    bool grant = true;
    bool valid = false;
    uint32_t data = 0;
};

// Bits of Observation::stalls, as in the wrapper, nmcu_core.
enum Stall : uint8_t {
    kLoadUse = 1 << 0,
    kJalr = 1 << 1,
    kMisaligned = 1 << 2,
    kMulticycle = 1 << 3,
    kMemory = 1 << 4,
    kBranchTaken = 1 << 5,
    kTransferInId = 1 << 6,
};

enum class Trap : uint8_t { kNone = 0, kException = 1, kInterrupt = 2, kReturn = 3 };

struct RegisterWrite {
    bool valid = false;
    uint8_t index = 0;
    uint32_t value = 0;
};

// What the pipeline does in one cycle.
struct Observation {
    bool retired = false; // an instruction leaves ID for EX; it will complete
    uint32_t pc = 0;
    uint32_t instruction = 0; // compressed ones expanded
    bool writes_alu_port = false;
    bool writes_lsu_port = false;
    RegisterWrite alu_port;
    RegisterWrite lsu_port;
    Trap trap = Trap::kNone;
    uint8_t stalls = 0;
    bool sleeping = false;
    bool fetch = false;
    uint32_t fetch_address = 0;
};

class RtlCore {
public:
    RtlCore(uint32_t hart_id, uint32_t boot_address)
        : context_(std::make_unique<VerilatedContext>()),
          top_(std::make_unique<VNmcuCore>(context_.get()))
    {
        top_->boot_addr_i = boot_address;
        top_->hart_id_i = hart_id;
        top_->irq_i = 0;
        top_->debug_req_i = 0;
        // Most registers' clock is gated until the core fetches: only the falling edge of the reset reaches them.
        top_->rst_ni = 1;
        top_->eval();
        top_->rst_ni = 0;
        cycle({}, {});
        cycle({}, {});
        top_->rst_ni = 1;
    }

    // Whether the request on the data port depends on this cycle's replies, which `settle` then brings first.
    static constexpr bool late_request = NMCU_LATE_REQUEST;

    // This cycle's replies but for the grant.
    void settle(const DataReply &data, const FetchReply &fetch)
    {
        drive(data, fetch);
        top_->eval();
    }

    // The request on the data port in this cycle.
    DataRequest data_request() const
    {
        return {top_->data_req_o != 0, top_->data_we_o != 0, top_->data_be_o, top_->data_addr_o,
                top_->data_wdata_o};
    }

    void set_interrupts(uint32_t lines) { top_->irq_i = lines; }
    void set_debug_request(bool request) { top_->debug_req_i = request; }

    // Finishes the cycle with these replies and says what happened in it.
    const Observation &cycle(const DataReply &data, const FetchReply &fetch)
    {
        drive(data, fetch);
        top_->eval();
        observe();
        top_->clk_i = 1;
        top_->eval();
        return seen_;
    }

private:
    void drive(const DataReply &data, const FetchReply &fetch)
    {
        VNmcuCore &t = *top_;
        t.data_gnt_i = data.grant;
        t.data_rvalid_i = data.valid;
        t.data_rdata_i = data.data;
        t.instr_gnt_i = fetch.grant;
        t.instr_rvalid_i = fetch.valid;
        t.instr_rdata_i = fetch.data;
        t.clk_i = 0;
    }

    void observe()
    {
        const VNmcuCore &t = *top_;
        seen_.retired = t.retire_o;
        seen_.pc = t.retire_pc_o;
        seen_.instruction = t.retire_instr_o;
        seen_.writes_alu_port = t.retire_alu_we_o;
        seen_.writes_lsu_port = t.retire_lsu_we_o;
        seen_.alu_port = {t.alu_we_o != 0, t.alu_waddr_o, t.alu_wdata_o};
        seen_.lsu_port = {t.lsu_we_o != 0, t.lsu_waddr_o, t.lsu_wdata_o};
        seen_.trap = static_cast<Trap>(t.trap_o);
        seen_.stalls = t.stall_o;
        seen_.sleeping = t.sleep_o;
        seen_.fetch = t.instr_req_o;
        seen_.fetch_address = t.instr_addr_o;
    }

    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<VNmcuCore> top_;
    Observation seen_;
};

} // namespace nmcu::rtl
