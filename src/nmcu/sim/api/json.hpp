// Values as JSON text.
#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nmcu::api {

inline std::string json(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + "\"";
}
inline std::string json(const std::string &text)
{
    return json(std::string_view(text));
}
inline std::string json(const char *text)
{
    return json(std::string_view(text));
}

inline std::string json(bool value)
{
    return value ? "true" : "false";
}

template <std::integral T>
std::string json(T value)
{
    return std::to_string(value);
}

template <class T>
std::string json(const std::optional<T> &value)
{
    return value ? json(*value) : "null";
}

template <class Items, class Text>
std::string json_list(const Items &items, Text &&text)
{
    std::string out = "[";
    for (const auto &item : items) {
        if (out.size() > 1) out += ',';
        out += text(item);
    }
    return out + "]";
}

template <class T>
std::string json(const std::vector<T> &items)
{
    return json_list(items, [](const T &item) { return json(item); });
}

// Counts by name, as an object.
using Counts = std::vector<std::pair<std::string, uint64_t>>;
inline std::string json(const Counts &counts)
{
    std::string out = "{";
    for (const auto &[name, count] : counts) {
        if (out.size() > 1) out += ',';
        out += json(name) + ":" + json(count);
    }
    return out + "}";
}

// An object, field by field; a field's value is JSON text already where it comes as `raw`.
class Object {
public:
    Object &raw(std::string_view name, std::string_view value)
    {
        if (out_.size() > 1) out_ += ',';
        out_ += json(name);
        out_ += ':';
        out_ += value;
        return *this;
    }
    template <class T>
    Object &field(std::string_view name, const T &value)
    {
        return raw(name, json(value));
    }
    std::string text() const { return out_ + "}"; }

private:
    std::string out_ = "{";
};

} // namespace nmcu::api
