// The simulator without Python: runs ELF files, or mutations of them for a number of seconds. Built with sanitizers by
// test_fuzz.py; any report of theirs ends the process with a code that is not 0.
//
//   harness run cluster8|cv32e40p rv32|xcv|xdec|gmac MAX_CYCLES FILE...
//   harness fuzz SECONDS SEED FILE...
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "iss/machine.hpp"

using namespace nmcu;
using Bytes = std::vector<uint8_t>;

static Config cluster8()
{
    Config c;
    c.cores = 8;
    c.memories = {{"l1", 0x10000000, 131072, 16, 1, true},
                  {"l2", 0x1C000000, 1572864, 0, 15, true},
                  {"l3", 0x80000000, 67108864, 0, 1, false}};
    c.dmas = {{"l2_l1", 0x10201000, "l2", "l1", 80, 14, 2, 8},
              {"l3_l2", 0x10202000, "l3", "l2", 12, 100, 4, 4}};
    c.has_event_unit = true;
    c.event_unit_base = 0x10200000;
    c.wake_cycles = 2;
    c.host_io_base = 0x1A100000;
    return c;
}

static Config cv32e40p()
{
    Config c;
    c.cores = 1;
    c.memories = {{"ram", 0, 1048576, 0, 1, true}, {"ext", 0x80000000, 4194304, 0, 1, true}};
    c.host_io_base = 0x1A100000;
    return c;
}

static Bytes read_file(const char *path)
{
    std::ifstream f(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(f), {});
}

// One line that says how the run ended.
static std::string run(const Config &config, const Bytes &file, iss::ExtensionSet set, Cycle max_cycles)
{
    try {
        iss::Machine machine(config, file, set);
        auto &p = machine.platform;
        while (!p.run(p.now + 100000, max_cycles)) {
        }
        if (p.fault) {
            for (const auto &c : p.cores)
                if (const Memory *m = p.memories().find(c.pc(), 4))
                    iss::disassemble(m->load(c.pc(), 4), c.pc());
            return std::string("fault ") + FAULT_NAMES[static_cast<size_t>(p.fault->kind)] + ": " +
                   p.fault->detail;
        }
        p.finish();
        uint64_t instructions = 0;
        for (size_t i = 0; i < p.cores.size(); ++i) {
            uint64_t sum = p.cores[i].instructions();
            instructions += sum;
            for (const uint64_t s : p.cores[i].stalls)
                sum += s;
            if (sum != p.clocks[i]) {
                std::fprintf(stderr, "core %zu: instructions and stalls add up to %llu, not to %llu cycles\n",
                             i, static_cast<unsigned long long>(sum),
                             static_cast<unsigned long long>(p.clocks[i]));
                std::abort();
            }
        }
        return "exit " + std::to_string(*p.exit_code) + " cycles " + std::to_string(p.end) +
               " instructions " + std::to_string(instructions);
    } catch (const ElfError &e) {
        return std::string("error ") + e.what();
    }
}

static iss::ExtensionSet set_of(const std::string &isa)
{
    iss::ExtensionSet set;
    if (isa != "rv32") set.add(iss::Extension::xcv);
    if (isa == "xdec") set.add(iss::Extension::xdec);
    if (isa == "gmac") set.add(iss::Extension::gmac);
    return set;
}

static void mutate(Bytes &file, std::mt19937 &random, uint32_t code_begin, uint32_t code_end)
{
    const auto pick = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    const uint32_t edits = 1 + pick(24);
    const bool headers_too = pick(5) == 0;
    for (uint32_t e = 0; e < edits && !file.empty(); ++e) {
        const bool header = (headers_too && pick(4) == 0) || code_end <= code_begin;
        const uint32_t size = static_cast<uint32_t>(file.size());
        const uint32_t at =
            header ? pick(std::min<uint32_t>(size, 256)) : code_begin + pick(code_end - code_begin);
        static constexpr uint32_t edges[] = {0,          1,          0x7fffffff, 0x80000000,
                                             0xffffffff, 0x10000000, 0x1c000000, 0x10201000,
                                             0x7b,       0x2b,       0x5b,       0x0b};
        uint32_t word = pick(3) == 0 ? edges[pick(12)] : static_cast<uint32_t>(random());
        if (!header && pick(2)) { // a known instruction with random operands
            const auto &insn = iss::INSNS[pick(iss::INSTRUCTIONS)];
            word = (static_cast<uint32_t>(random()) & ~insn.pattern.mask) | insn.pattern.match;
        }
        switch (pick(4)) {
        case 0: file[at] ^= static_cast<uint8_t>(1u << pick(8)); break;
        case 1: file[at] = static_cast<uint8_t>(word); break;
        default:
            for (uint32_t i = 0; i < 4 && (at & ~1u) + i < size; ++i)
                file[(at & ~1u) + i] = static_cast<uint8_t>(word >> (8 * i));
        }
    }
    if (pick(200) == 0) file.resize(pick(static_cast<uint32_t>(file.size()) + 1));
}

int main(int argc, char **argv)
{
    if (argc >= 6 && std::string(argv[1]) == "run") {
        const std::string isa = argv[3];
        for (int i = 5; i < argc; ++i) {
            const Bytes file = read_file(argv[i]);
            const auto start = std::chrono::steady_clock::now();
            const std::string line = run(std::string(argv[2]) == "cluster8" ? cluster8() : cv32e40p(), file,
                                         set_of(isa), std::strtoull(argv[4], nullptr, 0));
            const double seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            std::printf("%s (%.3f s)\n", line.c_str(), seconds);
        }
        return 0;
    }
    if (argc >= 5 && std::string(argv[1]) == "fuzz") {
        const double seconds = std::atof(argv[2]);
        std::mt19937 random(static_cast<uint32_t>(std::atoi(argv[3])));
        std::vector<Bytes> corpus;
        for (int i = 4; i < argc; ++i)
            corpus.push_back(read_file(argv[i]));
        const auto start = std::chrono::steady_clock::now();
        std::map<std::string, uint64_t> outcomes;
        uint64_t runs = 0;
        const char *const isas[] = {"rv32", "xcv", "xdec", "gmac"};
        const Config small = cv32e40p();
        Config big = cluster8();
        big.memories[2].size = 1u << 20; // less to allocate per run
        while (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds) {
            Bytes file = corpus[random() % corpus.size()];
            mutate(file, random, 256, static_cast<uint32_t>(file.size()));
            // mostly the machine it was built for: code of cv32e40p starts at address 0
            const bool flat = (file.size() > 28 && file[27] == 0) != (random() % 16 == 0);
            const std::string line =
                run(flat ? small : big, file, set_of(isas[random() % 4]), 2000 + random() % 10000);
            const size_t end = line.find(line.compare(0, 5, "fault") == 0 ? ':' : ' ');
            ++outcomes[line.substr(0, end)];
            ++runs;
        }
        std::printf("%llu runs", static_cast<unsigned long long>(runs));
        for (const auto &[what, count] : outcomes)
            std::printf(", %llu %s", static_cast<unsigned long long>(count), what.c_str());
        std::printf("\n");
        return 0;
    }
    std::fprintf(stderr,
                 "usage: harness run TARGET ISA MAX_CYCLES FILE... | harness fuzz SECONDS SEED FILE...\n");
    return 2;
}
