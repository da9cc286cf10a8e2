// What is known of instructions: their table and that of CSRs as JSON, and their text.
#pragma once
#include <string>

#include "../iss/csr.hpp"
#include "json.hpp"

namespace nmcu::api {

// Valid until the thread's next call.
inline const char *disassemble(uint32_t word, uint32_t pc)
{
    static thread_local std::string text;
    text = iss::disassemble(word, pc);
    return text.c_str();
}

inline const char *name_of(iss::Extension extension)
{
    return iss::EXTENSION_NAMES[static_cast<size_t>(extension)];
}

inline const char *instructions()
{
    static const std::string text = json_list(iss::INSNS, [](const iss::Insn &i) {
        const iss::Format &f = i.format;
        return Object()
            .field("name", i.name)
            .field("mask", i.pattern.mask)
            .field("match", i.pattern.match)
            .field("extension", name_of(i.extension))
            .field("text", i.text)
            .field("immediate", iss::IMM_NAMES[static_cast<size_t>(f.imm)])
            .field("writes_rd", f.writes_rd)
            .field("writes_rs1", f.writes_rs1)
            .field("reads_rs1", f.reads_rs1)
            .field("reads_rs2", f.reads_rs2)
            .field("reads_rd", f.reads_rd)
            .field("is_load", f.is_load)
            .field("is_store", f.is_store)
            .text();
    });
    return text.c_str();
}

// `writable`: the bits that a write changes; 0 where the value comes from elsewhere.
inline const char *csrs()
{
    static const std::string text = [] {
        std::vector<std::string> rows;
        const auto add = [&](uint32_t number, const char *name, iss::Extension extension, uint32_t writable) {
            rows.push_back(Object()
                               .field("number", number)
                               .field("name", name)
                               .field("extension", name_of(extension))
                               .field("writable", writable)
                               .text());
        };
#define CSR(number, name, member, mask, flushes) add(number, #name, iss::Extension::EXTENSION, mask);
#define CSR_VALUE(number, name, value, flushes) CSR(number, name, , 0, flushes)
#define CSR_COUNTER(number, name) CSR(number, name, , 0, )
#include "csrs.def"
#undef CSR
#undef CSR_VALUE
#undef CSR_COUNTER
        return json_list(rows, [](const std::string &row) { return row; });
    }();
    return text.c_str();
}

} // namespace nmcu::api

#define NMCU_EXPORT extern "C" __attribute__((visibility("default")))

// The functions of every library that knows instructions: all of them and all CSRs, as JSON; text of `word` (16 or 32
// bits) at `pc`.
#define NMCU_INSTRUCTIONS_API()                                          \
    NMCU_EXPORT const char *nmcu_instructions()                          \
    {                                                                    \
        return nmcu::api::instructions();                                \
    }                                                                    \
    NMCU_EXPORT const char *nmcu_csrs()                                  \
    {                                                                    \
        return nmcu::api::csrs();                                        \
    }                                                                    \
    NMCU_EXPORT const char *nmcu_disassemble(uint32_t word, uint32_t pc) \
    {                                                                    \
        return nmcu::api::disassemble(word, pc);                         \
    }
