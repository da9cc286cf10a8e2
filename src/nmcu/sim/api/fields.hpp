// The names in config.def, counters.def and report.def as JSON, so that Python need not repeat them.
#pragma once
#include <string>

namespace nmcu::api {

inline const char *fields()
{
    static const std::string text = [] {
        const auto list = [](std::string names) { return "[" + names.substr(0, names.size() - 1) + "]"; };
        std::string out = "{\"stall_causes\":" + list(
#define CAUSE(enumerator, name) "\"" #name "\","
#include "../platform/counters.def"
                                                     "");
        out += ",\"faults\":" + list(
#define FAULT(enumerator, name) "\"" #name "\","
#include "../platform/counters.def"
                                    "");
#define NAME(name, value) "\"" #name "\","
        out += ",\"core\":" + list(
#define CORE_FIELD NAME
#include "report.def"
                                  "");
        out += ",\"region\":" + list(
#define REGION_FIELD NAME
#include "report.def"
                                    "");
        out += ",\"dma\":" + list(
#define DMA_FIELD NAME
#include "report.def"
                                 "");
        out += ",\"memory\":" + list(
#define MEMORY_FIELD NAME
#include "report.def"
                                    "");
#undef NAME
#define RECORD(kind, Type) out += ",\"" #kind "_config\":" + list(
#define FIELD(type, name, ...) "\"" #name "\","
#define END() "");
#include "../platform/config.def"
#undef RECORD
#undef FIELD
#undef END
        return out + "}";
    }();
    return text.c_str();
}

} // namespace nmcu::api
