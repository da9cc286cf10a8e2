// What a machine is made of: the rows of config.def as structs.
#pragma once
#include <string>
#include <vector>

#include "types.hpp"

namespace nmcu {

#define RECORD(kind, Type) struct Type {
#define FIELD(type, name, ...) type name = __VA_ARGS__;
#define END() \
    }         \
    ;
#include "config.def"
#undef RECORD
#undef FIELD
#undef END

struct Config : MachineConfig {
    TimingConfig timing;
    std::vector<MemoryConfig> memories;
    std::vector<DmaConfig> dmas;
};

} // namespace nmcu
