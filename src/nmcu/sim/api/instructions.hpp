// What is known of instructions: their table as JSON, and their text.
#pragma once
#include <string>

#include "../iss/csr.hpp"
#include "json.hpp"

namespace nmcu::api {

// Valid until the thread's next call.
inline const char* disassemble(uint32_t word, uint32_t pc) {
  static thread_local std::string text;
  text = iss::disassemble(word, pc);
  return text.c_str();
}

inline const char* instructions() {
  static const std::string text = json_list(iss::INSNS, [](const iss::Insn& i) {
    return Object()
        .field("name", i.name)
        .field("mask", i.pattern.mask)
        .field("match", i.pattern.match)
        .field("extension", iss::EXTENSION_NAMES[static_cast<size_t>(i.extension)])
        .field("text", i.text)
        .text();
  });
  return text.c_str();
}

}  // namespace nmcu::api
