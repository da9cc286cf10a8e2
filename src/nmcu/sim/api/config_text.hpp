// The configuration as Python writes it: a line for each part, `kind key=value ...` with tabs between, and a line
// `extensions name ...`. Keys are the rows of config.def.
#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

#include "../iss/extension_set.hpp"
#include "../platform/config.hpp"

namespace nmcu::api {

inline void read_value(const std::string &text, std::string &to)
{
    to = text;
}
inline void read_value(const std::string &text, uint32_t &to)
{
    size_t used = 0;
    const unsigned long long value = std::stoull(text, &used, 10);
    if (used != text.size() || value > 0xffffffffu) throw std::out_of_range(text);
    to = static_cast<uint32_t>(value);
}
inline void read_value(const std::string &text, bool &to)
{
    to = text == "1";
}

// Sets the field `key`; returns false where the record has none of that name.
#define RECORD(kind, Type)                                                                \
    inline bool set_field(Type &record, const std::string &key, const std::string &value) \
    {
#define FIELD(type, name, ...) \
    if (key == #name) return read_value(value, record.name), true;
#define END()     \
    return false; \
    }
#include "../platform/config.def"
#undef RECORD
#undef FIELD
#undef END

template <class Record>
Record &read_record(Record &record, std::istream &words)
{
    for (std::string word; std::getline(words, word, '\t');) {
        const size_t equals = word.find('=');
        if (equals == std::string::npos ||
            !set_field(record, word.substr(0, equals), word.substr(equals + 1)))
            throw std::invalid_argument(word);
    }
    return record;
}

struct Setup {
    Config config;
    iss::ExtensionSet extensions;
};

// Throws std::invalid_argument with one sentence.
inline Setup read_setup(const std::string &text)
{
    Setup setup;
    Config &config = setup.config;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string kind;
        std::getline(words, kind, '\t');
        if (kind == "extensions") {
            for (std::string name; std::getline(words, name, '\t');) {
                const auto extension = iss::extension_named(name);
                if (!extension)
                    throw std::invalid_argument("this simulator was built without the extension " + name);
                setup.extensions.add(*extension);
            }
            continue;
        }
        try {
            if (kind == "machine")
                read_record(static_cast<MachineConfig &>(config), words);
            else if (kind == "timing")
                read_record(config.timing, words);
            else if (kind == "memory")
                read_record(config.memories.emplace_back(), words);
            else if (kind == "dma")
                read_record(config.dmas.emplace_back(), words);
            else
                throw std::invalid_argument(kind);
        } catch (const std::exception &error) { // also std::stoull's
            throw std::invalid_argument("bad configuration line: " + line + " (" + error.what() + ")");
        }
    }
    return setup;
}

} // namespace nmcu::api
