// Control and status registers of a CV32E40P with COREV_PULP = 1, FPU = 0, no PMP, machine mode only. Manual, "Control
// and Status Registers"; cv32e40p_cs_registers.sv, cv32e40p_decoder.sv (which accesses flush the pipeline).
#pragma once
#include <cstdint>
#include <string>

#include "decode.hpp"

namespace nmcu::iss {

enum class CsrOp : uint8_t { Write, Set, Clear };

struct Counters {  // what the machine counts, asked for when a program reads it
  uint64_t cycles = 0, instructions = 0;
};

struct CsrFile {
  uint32_t hart = 0;
  uint32_t mstatus = 0x1800, mie = 0, mtvec = 0, mscratch = 0, mepc = 0, mcause = 0;
  uint32_t mcountinhibit = 0xd;  // cycle, instret and the one hpm counter stand still after reset
  bool handler_installed = false;   // mtvec was written
  uint64_t mcycle = 0, minstret = 0;  // value when last stopped or written
  Counters since;                     // and what the machine had counted then
  uint64_t mhpmcounter3 = 0;
  uint32_t mhpmevent3 = 0;
  uint32_t xdec = 0;

  uint64_t cycle_value(const Counters& now) const { return mcountinhibit & 1 ? mcycle : mcycle + (now.cycles - since.cycles); }
  uint64_t instret_value(const Counters& now) const { return mcountinhibit & 4 ? minstret : minstret + (now.instructions - since.instructions); }
  void latch(const Counters& now) {
    mcycle = cycle_value(now);
    minstret = instret_value(now);
    since = now;
  }
};

// Number of a counter's upper half, or of the counter itself, in the four ranges 0xB00, 0xB80, 0xC00, 0xC80.
inline bool is_counter(uint32_t n) {
  const uint32_t low = n & 0x1f, range = n & 0xfe0;
  if (range == 0xb00 || range == 0xb80 || range == 0xc00 || range == 0xc80) return low != 1;
  return n == 0x320 || (n >= 0x323 && n <= 0x33f);
}

// Whether an access to the register flushes the pipeline (4 cycles instead of 1).
inline bool csr_flushes(uint32_t n) {
  return is_counter(n) || n == 0x300 || n == 0x305 || n == 0x341 || n == 0x342 || n == 0xcd1;
}

inline std::string csr_name(uint32_t n) {
  switch (n) {
    case 0x300: return "mstatus";
    case 0x301: return "misa";
    case 0x304: return "mie";
    case 0x305: return "mtvec";
    case 0x320: return "mcountinhibit";
    case 0x340: return "mscratch";
    case 0x341: return "mepc";
    case 0x342: return "mcause";
    case 0x343: return "mtval";
    case 0x344: return "mip";
    case 0x7c0: return "xdec";
    case 0xb00: return "mcycle";
    case 0xb02: return "minstret";
    case 0xb80: return "mcycleh";
    case 0xb82: return "minstreth";
    case 0xc00: return "cycle";
    case 0xc02: return "instret";
    case 0xc80: return "cycleh";
    case 0xc82: return "instreth";
    case 0xcc0: return "lpstart0";
    case 0xcc1: return "lpend0";
    case 0xcc2: return "lpcount0";
    case 0xcc4: return "lpstart1";
    case 0xcc5: return "lpend1";
    case 0xcc6: return "lpcount1";
    case 0xcd0: return "uhartid";
    case 0xcd1: return "privlv";
    case 0xcd2: return "zfinx";
    case 0xf11: return "mvendorid";
    case 0xf12: return "marchid";
    case 0xf13: return "mimpid";
    case 0xf14: return "mhartid";
    default: return hex(n);
  }
}

// Reads and, if `write`, changes register n. Returns false where the access is illegal.
template <class Loops>
bool csr_access(CsrFile& f, const Loops& loops, Group group, uint32_t n, bool write, CsrOp operation, uint32_t operand,
                const Counters& now, uint32_t& old) {
  if (write && (n >> 10) == 3) return false;  // read only by number
  const bool corev = group >= Group::CoreV;
  uint32_t* plain = nullptr;
  uint32_t mask = ~0u;
  switch (n) {
    case 0x300: plain = &f.mstatus; mask = 0x88; break;  // MIE, MPIE; MPP is hardwired to machine mode
    case 0x301: old = corev ? 0x40801104u : 0x40001104u; return true;
    case 0x304: plain = &f.mie; mask = 0xffff0888u; break;
    case 0x305: plain = &f.mtvec; mask = 0xffffff01u; break;
    case 0x320: plain = &f.mcountinhibit; mask = 0xd; break;
    case 0x323: plain = &f.mhpmevent3; mask = 0xffff; break;
    case 0x340: plain = &f.mscratch; break;
    case 0x341: plain = &f.mepc; mask = ~1u; break;
    case 0x342: plain = &f.mcause; mask = 0x8000001fu; break;
    case 0x343: case 0x344: old = 0; return true;
    case 0x7c0:
      if (group < Group::Decimate) return false;
      plain = &f.xdec; mask = 0xffff; break;
    case 0xcc0: case 0xcc1: case 0xcc2: case 0xcc4: case 0xcc5: case 0xcc6: {
      if (!corev) return false;
      const auto& l = loops[(n >> 2) & 1];
      old = (n & 3) == 0 ? l.start : (n & 3) == 1 ? l.end : l.count;
      return true;
    }
    case 0xcd0: if (!corev) return false; old = f.hart; return true;
    case 0xcd1: if (!corev) return false; old = 3; return true;
    case 0xcd2: if (!corev) return false; old = 0; return true;
    case 0xf11: old = 0x602; return true;
    case 0xf12: old = 4; return true;
    case 0xf13: old = corev ? 1 : 0; return true;
    case 0xf14: old = f.hart; return true;
    default: break;
  }
  uint64_t* counter = nullptr;
  if (!plain) {
    if (!is_counter(n)) return false;
    f.latch(now);
    switch (n & 0x1f) {
      case 0: counter = &f.mcycle; break;
      case 2: counter = &f.minstret; break;
      case 3: counter = &f.mhpmcounter3; break;
      default: old = 0; return true;  // not built: reads zero, ignores writes
    }
    old = n & 0x80 ? static_cast<uint32_t>(*counter >> 32) : static_cast<uint32_t>(*counter);
  } else {
    old = *plain;
  }
  if (!write) return true;
  uint32_t value = operation == CsrOp::Write ? operand : operation == CsrOp::Set ? old | operand : old & ~operand;
  if (counter) {
    *counter = n & 0x80 ? (*counter & 0xffffffffu) | (uint64_t{value} << 32) : (*counter & ~uint64_t{0xffffffffu}) | value;
    return true;
  }
  if (n == 0x320) f.latch(now);
  if (n == 0x305) f.handler_installed = true;
  *plain = (*plain & ~mask) | (value & mask);
  return true;
}

}  // namespace nmcu::iss
