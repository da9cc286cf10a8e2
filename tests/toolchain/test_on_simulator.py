"""Programs built here do on the simulator what C says: start-up, HAL, runtime functions."""

import random
import struct
from collections.abc import Sequence

import pytest

from isas import CORE_V_TARGETS, named
from nmcu import targets
from nmcu.codegen.program import Program
from nmcu.sim import SimResult, simulate
from nmcu.toolchain import Image, build

BOTH = pytest.mark.parametrize("name", CORE_V_TARGETS)
EVERY_ISA = pytest.mark.parametrize("isa", ["rv32", "xcv", "xdec", "gmac", "gmac+xdec"])


def _build(source: str, name: str, isa: str = "xcv", **files: str) -> Image:
    sources = ("main.c", *(f for f in files if f.endswith((".c", ".S"))))
    return build(Program(files={"main.c": source, **files}, sources=sources), targets.get(name), named(isa))


def _run(
    image: Image, reads: Sequence[tuple[str, int]] = (), writes: dict[str, bytes] | None = None
) -> SimResult:
    return simulate(
        image.elf,
        image.target,
        isa=image.isa,
        writes={image.symbols[k]: v for k, v in (writes or {}).items()},
        reads=[(image.symbols[symbol], size) for symbol, size in reads],
        max_cycles=10_000_000,
    )


@EVERY_ISA
@BOTH
def test_hello(name: str, isa: str) -> None:
    source = """
#include "nmcu_hal.h"
static int zeroed[100];
static int set = 5;
int main(void)
{
    if (nmcu_core_id() != 0)
        return 1;
    for (const char *c = "hello\\n"; *c; c++)
        nmcu_putchar(*c);
    int sum = set;
    for (int i = 0; i < 100; i++)
        sum += zeroed[i];
    return sum + 37;
}
"""
    result = _run(_build(source, name, isa))
    assert (result.stdout, result.exit_code) == (b"hello\n", 42)


def test_eight_cores_share_work_through_l1_and_dma() -> None:
    source = """
#include "nmcu_hal.h"
#define N 256
int8_t input[8 * N] NMCU_L2;
int8_t output[8 * N] NMCU_L2;
int32_t checks[4] NMCU_L2;
static int8_t tile[8 * N] NMCU_L1;
static int32_t sums[8] NMCU_L1;
int main(void)
{
    uint32_t core = nmcu_core_id();
    nmcu_region(1);
    nmcu_dma_wait(nmcu_dma_start_1d(tile + core * N, input + core * N, N));
    nmcu_region(2);
    int32_t sum = 0;
    for (int i = 0; i < N; i++) {
        sum += tile[core * N + i];
        tile[core * N + i] = (int8_t)(tile[core * N + i] ^ 0x55);
    }
    sums[core] = sum;
    nmcu_barrier();
    nmcu_region(3);
    if (core == 0) {
        int32_t total = 0;
        for (uint32_t c = 0; c < nmcu_core_count(); c++)
            total += sums[c];
        checks[0] = total;
        checks[1] = (int32_t)nmcu_core_count();
        checks[2] = (int32_t)nmcu_l1_size();
        /* every second row of 16 bytes: the rows in between stay 0 */
        uint32_t first = nmcu_dma_start_2d(output, tile, 16, 8 * N / 32, 32, 32);
        uint32_t second = nmcu_dma_start_1d(output + 16, tile + 16, 3);
        checks[3] = (int32_t)(first * 100 + second);
        nmcu_dma_wait(second);
    }
    nmcu_region(0);
    return 0;
}
"""
    data = random.Random(1).randbytes(2048)
    image = _build(source, "cluster8")
    result = _run(image, [("output", 2048), ("checks", 16)], {"input": data})
    flipped = bytes(b ^ 0x55 for b in data)
    rows = b"".join(flipped[i : i + 16] + bytes(16) for i in range(0, 2048, 32))
    assert result.memory[0] == rows[:16] + flipped[16:19] + rows[19:]
    total = sum(struct.unpack("2048b", data))
    free = image.symbols["__l1_free_end"] - image.symbols["__l1_free_start"]
    assert struct.unpack("4i", result.memory[1]) == (total, 8, free, 203)
    assert {r.region for r in result.regions} >= {1, 2, 3}


def test_l3_reaches_l1_by_way_of_l2() -> None:
    source = """
#include "nmcu_hal.h"
const int8_t archive[1000] NMCU_L3 = {1, 2, 3, [999] = 77};
int8_t staging[1000] NMCU_L2;
int8_t spare[1000] NMCU_L3_BUFFER;
static int8_t fast[1000] NMCU_L1;
int main(void)
{
    if (nmcu_core_id() != 0)
        return 0;
    nmcu_l3_wait(nmcu_l3_start_1d(staging, archive, 1000));
    nmcu_dma_wait(nmcu_dma_start_1d(fast, staging, 1000));
    nmcu_l3_wait(nmcu_l3_start_2d(spare, staging, 1, 2, 1, 999));
    nmcu_l3_wait(nmcu_l3_start_1d(staging, spare, 2));
    return fast[0] + fast[2] + fast[999] + staging[0] * 2 + staging[1];
}
"""
    assert _run(_build(source, "cluster8")).exit_code == 1 + 3 + 77 + 2 + 77


def test_free_l1_is_usable_to_its_last_byte() -> None:
    source = """
#include "nmcu_hal.h"
int main(void)
{
    volatile uint8_t *l1 = nmcu_l1_base();
    uint32_t size = nmcu_l1_size(), core = nmcu_core_id(), cores = nmcu_core_count();
    for (uint32_t i = core; i < size; i += cores)
        l1[i] = (uint8_t)(i * 7);
    nmcu_barrier();
    uint32_t wrong = 0;
    for (uint32_t i = core; i < size; i += cores)
        wrong += l1[i] != (uint8_t)(i * 7);
    return (int)wrong;
}
"""
    assert _run(_build(source, "cluster8")).exit_code == 0


def test_stacks_do_not_meet() -> None:
    source = """
#include "nmcu_hal.h"
static uint32_t verdict[8] NMCU_L1;
static uint32_t fill(volatile uint8_t *memory, uint32_t value)
{
    for (int i = 0; i < 1700; i++)
        memory[i] = (uint8_t)value;
    nmcu_barrier();
    uint32_t wrong = 0;
    for (int i = 0; i < 1700; i++)
        wrong += memory[i] != value;
    return wrong;
}
int main(void)
{
    volatile uint8_t local[1700];
    verdict[nmcu_core_id()] = fill(local, nmcu_core_id() + 1);
    nmcu_barrier();
    uint32_t wrong = 0;
    for (uint32_t core = 0; core < nmcu_core_count(); core++)
        wrong += verdict[core];
    return (int)wrong;
}
"""
    assert _run(_build(source, "cluster8")).exit_code == 0


CALLS = {
    "__udivdi3": lambda a, b: a // b,
    "__umoddi3": lambda a, b: a % b,
    "__divdi3": lambda a, b: _truncated(_signed(a), _signed(b))[0],
    "__moddi3": lambda a, b: _truncated(_signed(a), _signed(b))[1],
    "__muldi3": lambda a, b: a * b,
    "__ashldi3": lambda a, b: a << (b & 63),
    "__lshrdi3": lambda a, b: a >> (b & 63),
    "__ashrdi3": lambda a, b: _signed(a) >> (b & 63),
    "__clzdi2": lambda a, b: 64 - a.bit_length(),
    "__ctzdi2": lambda a, b: (a & -a).bit_length() - 1 if a else 64,
    "__popcountdi2": lambda a, b: a.bit_count(),
    "__clzsi2": lambda a, b: 32 - (a & 0xFFFFFFFF).bit_length(),
    "__ctzsi2": lambda a, b: ((a & -a & 0xFFFFFFFF).bit_length() - 1) % 33,
    "__popcountsi2": lambda a, b: (a & 0xFFFFFFFF).bit_count(),
}
SHIFTS = ("__ashldi3", "__lshrdi3", "__ashrdi3")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _truncated(n: int, d: int) -> tuple[int, int]:
    quotient = abs(n) // abs(d) * (1 if (n < 0) == (d < 0) else -1)
    return quotient, n - quotient * d


def _pairs() -> list[tuple[int, int]]:
    rng = random.Random(2)
    edges = [0, 1, 2, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
    pairs = [(a, b) for a in edges for b in edges]
    pairs += [
        (rng.getrandbits(rng.randrange(1, 65)), rng.getrandbits(rng.randrange(1, 65))) for _ in range(200)
    ]
    return [(a, b) for a, b in pairs if b != 0]


@pytest.mark.parametrize("isa", ["rv32", "xcv"])
def test_runtime_arithmetic(isa: str) -> None:
    pairs = _pairs()
    body = "\n".join(
        f"        result[i][{k}] = (uint64_t)(int64_t){name}(pair[i][0]{_second_argument(name)});"
        for k, name in enumerate(CALLS)
    )
    source = f"""
#include <stdint.h>
{"".join(_declaration(name) for name in CALLS)}
uint64_t pair[{len(pairs)}][2], result[{len(pairs)}][{len(CALLS)}];
int main(void)
{{
    for (int i = 0; i < {len(pairs)}; i++) {{
{body}
    }}
    return 0;
}}
"""
    # pair is written from outside, before start-up code would clear .bss: keep both out of it
    source = source.replace("uint64_t pair", '__attribute__((section(".bss.nmcu.l2"))) uint64_t pair')
    data = b"".join(struct.pack("<QQ", a, b) for a, b in pairs)
    result = _run(_build(source, "cv32e40p", isa), [("result", 8 * len(pairs) * len(CALLS))], {"pair": data})
    found = struct.unpack(f"<{len(pairs) * len(CALLS)}Q", result.memory[0])
    for i, (a, b) in enumerate(pairs):
        for k, (name, expected) in enumerate(CALLS.items()):
            wanted = expected(a, b) & ((1 << 64) - 1)
            assert found[i * len(CALLS) + k] == wanted, f"{name}({a:#x}, {b:#x})"


def _second_argument(name: str) -> str:
    if name in SHIFTS:
        return ", (int)(pair[i][1] & 63)"
    return "" if "si2" in name or name.endswith(("clzdi2", "ctzdi2", "countdi2")) else ", pair[i][1]"


def _declaration(name: str) -> str:
    if name in SHIFTS:
        return f"uint64_t {name}(uint64_t, int);\n"
    if name.endswith("di3"):
        return f"uint64_t {name}(uint64_t, uint64_t);\n"
    return f"int {name}(uint{'32' if 'si2' in name else '64'}_t);\n"


@BOTH
def test_runtime_memory_functions(name: str) -> None:
    source = """
#include <string.h>
#include <stdint.h>
#include "nmcu_hal.h"
static uint8_t a[256] NMCU_L1, b[256] NMCU_L1;
static volatile int zero;
int main(void)
{
    int wrong = 0;
    if (nmcu_core_id() != 0)
        return 0;
    for (int from = 0; from < 5; from++)
        for (int to = 0; to < 5; to++)
            for (int bytes = 0; bytes < 40; bytes++) {
                for (int i = 0; i < 256; i++) {
                    a[i] = (uint8_t)(i * 3 + 1);
                    b[i] = 9;
                }
                memcpy(b + to, a + from, (size_t)(bytes + zero));
                for (int i = 0; i < 256; i++)
                    wrong += b[i] != (i >= to && i < to + bytes ? (uint8_t)((i - to + from) * 3 + 1) : 9);
                memset(b + to, 0x1A5, (size_t)(bytes + zero));
                for (int i = 0; i < 256; i++)
                    wrong += b[i] != (i >= to && i < to + bytes ? 0xA5 : 9);
                memmove(a + to, a + from, (size_t)(bytes + zero));
                for (int i = 0; i < bytes; i++)
                    wrong += a[to + i] != (uint8_t)((from + i) * 3 + 1);
            }
    for (int i = 0; i < 256; i++)
        a[i] = b[i] = (uint8_t)i;
    wrong += memcmp(a, b, (size_t)(256 + zero)) != 0;
    b[200] = 0;
    wrong += memcmp(a, b, (size_t)(256 + zero)) <= 0 || memcmp(b, a, (size_t)(256 + zero)) >= 0;
    wrong += memcmp(a, b, (size_t)(200 + zero)) != 0;
    return wrong;
}
"""
    assert _run(_build(source, name)).exit_code == 0


def test_regions_and_cycles() -> None:
    source = """
#include "nmcu_hal.h"
uint32_t took NMCU_L1;
int main(void)
{
    nmcu_region(7);
    uint32_t start = nmcu_cycles();
    for (volatile int i = 0; i < 50; i++)
        ;
    took = nmcu_cycles() - start;
    nmcu_region(0);
    return 0;
}
"""
    image = _build(source, "cv32e40p")
    result = _run(image, [("took", 4)])
    (took,) = struct.unpack("<I", result.memory[0])
    (region,) = [r for r in result.regions if r.region == 7]
    assert 0 < took <= region.cycles < took + 30
