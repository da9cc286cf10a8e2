// What a machine is made of; filled from a target description.
#pragma once
#include <string>
#include <vector>

#include "types.hpp"

namespace nmcu {

struct MemoryConfig {
  std::string name;
  uint32_t base = 0;
  uint32_t size = 0;
  uint32_t banks = 0;           // > 0: word-interleaved banks, one access per bank and cycle
  uint32_t latency_cycles = 1;  // cycles a core's access occupies the core
  bool core_access = true;
};

struct DmaConfig {
  std::string name;
  uint32_t base = 0;
  std::string near, far;  // the two memories between which it moves data
  uint32_t bytes_per_10_cycles = 80;
  uint32_t latency_cycles = 0;
  uint32_t queue_per_core = 1;
  uint32_t queue_total = 1;
};

struct Config {
  uint32_t cores = 1;
  std::vector<MemoryConfig> memories;
  std::vector<DmaConfig> dmas;
  bool has_event_unit = false;
  uint32_t event_unit_base = 0;
  uint32_t wake_cycles = 2;
  uint32_t host_io_base = 0;
};

}  // namespace nmcu
