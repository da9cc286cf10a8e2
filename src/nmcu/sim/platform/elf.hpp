// A reader of 32-bit little-endian RISC-V executables. The file is data from a stranger: every offset and size is
// checked against the file before use.
#pragma once
#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "types.hpp"

namespace nmcu {

struct ElfError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Segment {
    uint32_t address = 0; // where it runs
    uint32_t size = 0;    // in memory; bytes beyond `bytes` are zero
    std::span<const uint8_t> bytes;
    bool writable = false, executable = false;
    uint32_t load_address = 0; // where a loader puts `bytes`: elsewhere, if start-up code copies them

    bool moves() const { return load_address != address && !bytes.empty(); }
};

struct Elf {
    uint32_t entry = 0;
    std::vector<Segment> segments;           // PT_LOAD with a size, in file order
    std::map<std::string, uint32_t> symbols; // named, defined symbols
};

namespace elf_detail {
template <class T>
T read(std::span<const uint8_t> file, uint64_t offset)
{
    if (offset > file.size() || sizeof(T) > file.size() - offset) throw ElfError("the file is truncated");
    T v;
    std::memcpy(&v, file.data() + offset, sizeof v);
    return v;
}
inline std::string text(std::span<const uint8_t> file, uint64_t offset, uint64_t end)
{
    std::string s;
    end = end < file.size() ? end : file.size();
    for (; offset < end && file[offset] != 0 && s.size() < 512; ++offset)
        s.push_back(static_cast<char>(file[offset]));
    return s;
}
} // namespace elf_detail

// Raises ElfError where two of these pieces of memory, an address and a size each, overlap.
inline void check_apart(std::vector<std::pair<uint32_t, uint32_t>> pieces, const char *what)
{
    std::sort(pieces.begin(), pieces.end());
    for (size_t i = 1; i < pieces.size(); ++i) {
        const auto [a, bytes] = pieces[i - 1];
        const auto [b, _] = pieces[i];
        if (b - a < bytes)
            throw ElfError(std::string(what) + " at " + hex(a) + " (" + std::to_string(bytes) +
                           " bytes) and " + hex(b) + " overlap");
    }
}

// Each byte of memory is loaded once and belongs to one segment: a small file cannot ask for more than the machine has.
inline void check_segments(const Elf &elf)
{
    std::vector<std::pair<uint32_t, uint32_t>> run, loaded;
    for (const Segment &s : elf.segments) {
        run.emplace_back(s.address, s.size);
        if (!s.bytes.empty()) loaded.emplace_back(s.load_address, static_cast<uint32_t>(s.bytes.size()));
        if (s.moves() && elf.entry - s.address < s.size)
            throw ElfError(
                "the entry point " + hex(elf.entry) + " lies in the segment at " + hex(s.address) +
                ", which is loaded at " + hex(s.load_address) +
                ": nothing has copied it yet when the program starts; link the entry to run where it is "
                "loaded");
    }
    check_apart(std::move(run), "the segments");
    check_apart(std::move(loaded), "what is loaded");
}

// Throws ElfError with one sentence that says what is wrong.
inline Elf read_elf(std::span<const uint8_t> file)
{
    using elf_detail::read;
    static constexpr uint8_t magic[] = {0x7f, 'E', 'L', 'F', 1 /* 32 bit */, 1 /* little endian */};
    if (file.size() < 52 || std::memcmp(file.data(), magic, 4) != 0) throw ElfError("not an ELF file");
    if (std::memcmp(file.data(), magic, sizeof magic) != 0)
        throw ElfError("not a 32-bit little-endian ELF file");
    if (read<uint16_t>(file, 16) != 2) throw ElfError("not an executable (ELF type is not EXEC)");
    if (read<uint16_t>(file, 18) != 243) throw ElfError("not a RISC-V program");
    Elf elf;
    elf.entry = read<uint32_t>(file, 24);
    const uint64_t phoff = read<uint32_t>(file, 28), shoff = read<uint32_t>(file, 32);
    const uint32_t phentsize = read<uint16_t>(file, 42), phnum = read<uint16_t>(file, 44);
    const uint32_t shentsize = read<uint16_t>(file, 46), shnum = read<uint16_t>(file, 48);
    if (phnum && phentsize < 32) throw ElfError("bad program header size");
    for (uint32_t i = 0; i < phnum; ++i) {
        const uint64_t h = phoff + uint64_t{i} * phentsize;
        if (read<uint32_t>(file, h) != 1) continue; // PT_LOAD
        const uint64_t offset = read<uint32_t>(file, h + 4);
        const uint32_t paddr = read<uint32_t>(file, h + 12), vaddr = read<uint32_t>(file, h + 8);
        const uint32_t filesz = read<uint32_t>(file, h + 16), memsz = read<uint32_t>(file, h + 20);
        const uint32_t flags = read<uint32_t>(file, h + 24);
        if (filesz > memsz) throw ElfError("a segment is larger in the file than in memory");
        if (offset > file.size() || filesz > file.size() - offset)
            throw ElfError("the file is truncated: a segment lies beyond its end");
        if (uint64_t{vaddr} + memsz > (uint64_t{1} << 32) || uint64_t{paddr} + filesz > (uint64_t{1} << 32))
            throw ElfError("a segment wraps around the address space");
        if (memsz == 0) continue;
        Segment s{vaddr, memsz, file.subspan(offset, filesz), (flags & 2) != 0, (flags & 1) != 0, paddr};
        s.writable = s.writable || s.moves(); // start-up code stores it there
        elf.segments.push_back(s);
    }
    if (elf.segments.empty()) throw ElfError("the program has no segment to load");
    check_segments(elf);
    if (shnum && shentsize < 40) return elf;
    for (uint32_t i = 0; i < shnum; ++i) {
        const uint64_t h = shoff + uint64_t{i} * shentsize;
        if (h + 40 > file.size()) break; // sections are optional: a stripped or cut table only loses names
        if (read<uint32_t>(file, h + 4) != 2) continue; // SHT_SYMTAB
        const uint64_t offset = read<uint32_t>(file, h + 16), size = read<uint32_t>(file, h + 20);
        const uint64_t strings = shoff + uint64_t{read<uint32_t>(file, h + 24)} * shentsize;
        if (strings + 40 > file.size()) break;
        const uint64_t str_offset = read<uint32_t>(file, strings + 16),
                       str_size = read<uint32_t>(file, strings + 20);
        for (uint64_t s = offset; s + 16 <= offset + size && s + 16 <= file.size(); s += 16) {
            const uint16_t section = read<uint16_t>(file, s + 14);
            if (section == 0) continue;
            const std::string name =
                elf_detail::text(file, str_offset + read<uint32_t>(file, s), str_offset + str_size);
            if (!name.empty()) elf.symbols.emplace(name, read<uint32_t>(file, s + 4));
        }
        break; // a file has one symbol table
    }
    return elf;
}

} // namespace nmcu
