// Values shared by the platform and every kind of core: time, requests, stall causes, faults.
#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace nmcu {

using Cycle = uint64_t;
constexpr Cycle NEVER = ~Cycle{0};

// Why a core did not retire an instruction in a cycle. Instructions + stalls = cycles, for every core.
enum class Cause : uint8_t {
  LoadUse,       // the next instruction needs the result of a load
  Misaligned,    // second bus transaction of an access that crosses a word
  TcdmConflict,  // lost the arbitration for an L1 bank
  L2Access,      // waits for a memory slower than one cycle
  Branch,        // taken branch, jump, or a jump through a register that was just written
  MultiCycle,    // mulh*, div*, rem*
  Csr,           // pipeline flush around a CSR access or fence
  Trap,          // entry into or return from a trap handler
  DmaWait,       // waits for a transfer, or for a place in the DMA queue
  BarrierWait,
  EventWait,     // waits for a software event, or sleeps in wfi
  Count
};
constexpr size_t CAUSES = static_cast<size_t>(Cause::Count);
constexpr std::array<const char*, CAUSES> CAUSE_NAMES = {
    "load_use", "misaligned", "tcdm_conflict", "l2_access",    "branch",    "multi_cycle",
    "csr",      "trap",       "dma_wait",      "barrier_wait", "event_wait"};
using Stalls = std::array<uint64_t, CAUSES>;

// One bus transaction of a core, as on OBI: it never crosses a 32-bit word.
struct Request {
  uint32_t address = 0;
  uint32_t data = 0;   // store: the value in its low `size` bytes
  uint8_t size = 0;    // 1 to 4 bytes; 0: no request, the core only wants to be advanced
  bool write = false;
};

// The end of a run that the program did not ask for.
struct Fault {
  enum class Kind : uint8_t {
    IllegalInstruction, FetchOutsideCode, MisalignedFetch, UnmappedAddress, MisalignedPeripheral, WriteToCode,
    StackOverflow, Deadlock, DmaOutsideMemory, DmaConflict, CycleLimit, HardwareLoop, PeripheralRegister,
    UnhandledTrap, Count
  };
  Kind kind = Kind::IllegalInstruction;
  int core = -1;  // -1: the machine as a whole
  uint32_t pc = 0;
  Cycle cycle = 0;
  uint32_t address = 0;    // data address of a memory fault
  uint32_t size = 0;
  std::string detail;      // what was found, in words
};
constexpr std::array<const char*, static_cast<size_t>(Fault::Kind::Count)> FAULT_NAMES = {
    "illegal_instruction", "fetch_outside_code", "misaligned_fetch", "unmapped_address", "misaligned_peripheral",
    "write_to_code", "stack_overflow", "deadlock", "dma_outside_memory", "dma_conflict", "cycle_limit",
    "hardware_loop", "peripheral_register", "unhandled_trap"};

}  // namespace nmcu
