"""Memories, banks, DMA, barriers, events, regions and statistics of `cluster8`."""

import random
import re
import sys
import time

import pytest

from isas import XCV
from nmcu import targets
from nmcu.codegen.program import Program
from nmcu.sim import STALL_CAUSES, SimResult, simulate
from nmcu.toolchain import Image, build

CLUSTER = targets.get("cluster8")


def compile_c(body: str, declarations: str = "") -> Image:
    source = f'#include "nmcu_hal.h"\n{declarations}\nint main(void) {{ {body} }}\n'
    return build(Program(files={"main.c": source}, sources=("main.c",)), CLUSTER, XCV)


def run(body: str, declarations: str = "", **options: object) -> SimResult:
    return simulate(compile_c(body, declarations).elf, CLUSTER, max_cycles=10**7, **options)  # type: ignore[arg-type]


def stalls(result: SimResult, cause: str) -> list[int]:
    return [core.stalls[cause] for core in result.cores]


def test_instructions_and_stalls_add_up_to_cycles() -> None:
    body = """
    uint32_t id = nmcu_core_id();
    for (uint32_t i = 0; i < 50; i++) {
        nmcu_region(i % 3);
        for (uint32_t k = 0; k < 20 + 13 * id; k++) data[(k * 7 + id) & 255] += k / (id + 1);
        if (i % 5 == id % 5) { uint32_t t = nmcu_dma_start_1d(copy[id], far + 64 * id, 256); nmcu_dma_wait(t); }
        if (i % 7 == 0) nmcu_barrier();
    }
    return 0;"""
    near = "NMCU_L1 static volatile uint32_t data[256]; NMCU_L1 static uint32_t copy[8][64];"
    result = run(body, near + " static uint32_t far[512];")
    assert result.cycles > 0
    for part in (*result.cores, *result.regions):
        assert tuple(part.stalls) == STALL_CAUSES
        assert part.cycles == part.instructions + sum(part.stalls.values())
        assert part.instructions == sum(part.histogram.values())
    for region in result.regions:
        assert region.cycles == sum(end - start for start, end in region.visits)
    assert {r.region for r in result.regions} == {0, 1, 2}
    assert all(core.cycles == result.cycles for core in result.cores)
    assert result.instructions == sum(core.instructions for core in result.cores)
    assert sum(stalls(result, "tcdm_conflict")) > 0
    l1 = result.memories[0]
    assert sum(l1.conflicts) >= sum(stalls(result, "tcdm_conflict"))
    assert result.dmas[0].bytes == result.dmas[0].transfers * 256


def test_parts_of_a_region_follow_each_other_and_do_not_end_it() -> None:
    body = """
    nmcu_region(NMCU_REGION_PART | 9); /* in no region */
    for (uint32_t i = 0; i < 2; i++) {
        nmcu_region(1);
        for (uint32_t k = 0; k < 10; k++) data[k] = k;
        nmcu_region(NMCU_REGION_PART | 1);
        for (uint32_t k = 0; k < 20; k++) data[k] = k;
        nmcu_region(NMCU_REGION_PART | 2);
        nmcu_barrier();
    }
    nmcu_region(2);
    return 0;"""
    result = run(body, "NMCU_L1 static volatile uint32_t data[256];")
    assert {(r.region, len(r.visits)) for r in result.regions} == {(1, 2), (2, 1)}
    for region in result.regions:
        assert [number for number, _, _ in region.parts] == ([1, 2, 1, 2] if region.region == 1 else [])
        for (start, end), first, second in zip(
            region.visits, region.parts[::2], region.parts[1::2], strict=bool(region.parts)
        ):
            assert start < first[1] < first[2] == second[1] < second[2] == end


def test_runs_are_repeatable() -> None:
    image = compile_c(
        "for (uint32_t k = 0; k < 300; k++) data[(k * 5 + nmcu_core_id()) & 63] += k; return 0;",
        "NMCU_L1 static volatile uint32_t data[64];",
    )
    assert simulate(image.elf, CLUSTER) == simulate(image.elf, CLUSTER)


def test_one_bank_serves_eight_cores_in_turn() -> None:
    """All cores hammer words of one bank: one access a cycle, and nobody starves."""
    body = """
    volatile uint32_t *p = data + 16 * nmcu_core_id();
    nmcu_barrier(); nmcu_region(1);
    for (int i = 0; i < 100; i++) { (void)p[0]; (void)p[128]; (void)p[0]; (void)p[128]; }
    nmcu_region(2); return 0;"""
    result = run(body, "NMCU_L1 static volatile uint32_t data[256] __attribute__((aligned(64)));")
    cycles = [r.cycles for r in result.regions if r.region == 1]
    assert max(cycles) - min(cycles) < 20
    assert 3200 <= min(cycles) < 3300  # 8 cores x 400 accesses through one bank


def test_different_banks_do_not_conflict() -> None:
    body = """
    volatile uint32_t *p = data + nmcu_core_id();
    nmcu_barrier(); nmcu_region(1);
    for (int i = 0; i < 100; i++) { (void)p[0]; (void)p[16]; (void)p[0]; (void)p[16]; }
    nmcu_region(2); return 0;"""
    result = run(body, "NMCU_L1 static volatile uint32_t data[256] __attribute__((aligned(64)));")
    assert [r.stalls["tcdm_conflict"] for r in result.regions if r.region == 1] == [0] * 8


def test_l2_blocks_a_core_for_15_cycles() -> None:
    body = "nmcu_region(1); for (int i = 0; i < 10; i++) (void)far; nmcu_region(2); return 0;"
    result = run(body, "static volatile uint32_t far;")
    assert [r.stalls["l2_access"] for r in result.regions if r.region == 1] == [140] * 8


@pytest.mark.parametrize(
    ("count", "low", "high"), [(4, 14, 20), (256, 44, 50), (1024, 140, 146), (8192, 1036, 1044)]
)
def test_dma_times(count: int, low: int, high: int) -> None:
    """From the start to the end of the wait, measured on the reference model: 16, 46, 142, 1036 cycles."""
    body = f"""
    if (nmcu_core_id()) return 0;
    uint32_t t = nmcu_dma_start_1d(near, far, {count});
    nmcu_region(1); nmcu_dma_wait(t); nmcu_region(2); return 0;"""
    result = run(body, "NMCU_L1 static uint32_t near[2048]; static uint32_t far[2048];")
    cycles = next(r.cycles for r in result.regions if r.region == 1)
    assert low <= cycles <= high
    assert result.dmas[0].busy_cycles == (count + 7) // 8


def test_l3_dma_is_slow() -> None:
    body = """
    if (nmcu_core_id()) return 0;
    nmcu_region(1); nmcu_l3_wait(nmcu_l3_start_1d(far, deep, 1200)); nmcu_region(2); return 0;"""
    result = run(body, "NMCU_L2 static uint8_t far[1200]; NMCU_L3_BUFFER static uint8_t deep[1200];")
    cycles = next(r.cycles for r in result.regions if r.region == 1)
    assert 1100 <= cycles <= 1125  # 100 and 1.2 bytes a cycle


def test_dma_moves_what_it_should() -> None:
    """1-D and 2-D, both directions, any alignment, strides, both engines, many in the queue."""
    r = random.Random(3)
    near, far, deep = 0x1000_4000, 0x1C10_0000, 0x8000_1000
    memory = {
        near: bytearray(r.randbytes(8192)),
        far: bytearray(r.randbytes(8192)),
        deep: bytearray(r.randbytes(8192)),
    }
    start = {address: bytes(data) for address, data in memory.items()}
    code = ["if (nmcu_core_id()) return 0; uint32_t t;"]
    for _ in range(40):
        engine = r.choice(["dma", "l3"])
        pair = [far, near] if engine == "dma" else [far, deep]
        r.shuffle(pair)
        rows, row, gap_s, gap_d = r.randrange(1, 6), r.randrange(0, 70), r.randrange(9), r.randrange(9)
        stride_s, stride_d = row + gap_s, row + gap_d
        at_s, at_d = r.randrange(0, 7000), r.randrange(0, 7000)
        source, destination = memory[pair[0]], memory[pair[1]]
        for k in range(rows):
            chunk = source[at_s + k * stride_s : at_s + k * stride_s + row]
            destination[at_d + k * stride_d : at_d + k * stride_d + row] = chunk
        addresses = f"(void *){pair[1] + at_d}u, (void *){pair[0] + at_s}u"
        code.append(f"t = nmcu_{engine}_start_2d({addresses}, {row}, {rows}, {stride_d}, {stride_s});")
        code.append(f"nmcu_{engine}_wait(t);")
    result = run(" ".join([*code, "return 0;"]), writes=start, reads=[(a, 8192) for a in memory])
    for got, data in zip(result.memory, memory.values(), strict=True):
        assert got == bytes(data)


def test_the_queue_holds_two_per_core_and_carries_out_in_order() -> None:
    body = """
    if (nmcu_core_id()) return 0;
    nmcu_region(1);
    uint32_t last = 0;
    for (int i = 0; i < 5; i++) last = nmcu_dma_start_1d(near, far + 64 * i, 256);
    nmcu_region(2); nmcu_dma_wait(last); nmcu_region(3);
    return last != 5 || near[0] != 4;"""
    far = "static uint32_t far[320] = {[64] = 1, [128] = 2, [192] = 3, [256] = 4};"
    result = run(body, "NMCU_L1 static uint32_t near[64]; " + far)
    assert result.exit_code == 0
    by_region = {r.region: r for r in result.regions}
    assert by_region[1].stalls["dma_wait"] > 60  # the third to fifth start wait for room
    assert by_region[2].stalls["dma_wait"] > 30


def test_barriers_over_some_cores_and_events() -> None:
    body = """
    uint32_t id = nmcu_core_id(), unit = NMCU_EVENT_UNIT_BASE;
    if (id == 0) nmcu_register_write(unit + 8 * 1, 0x0f);
    nmcu_barrier();
    if (id < 4) {
        for (volatile uint32_t i = 0; i < id * 50; i++) {}
        if (nmcu_register_read(unit + 8 * 1 + 4) != 1) return 1;
        nmcu_region(1);
    }
    if (id == 2) nmcu_register_write(unit + 0x80 + 4 * 5, 0x30);
    if (id == 4 || id == 5) { if (nmcu_register_read(unit + 0xC0 + 4 * 5) != 5) return 2; nmcu_region(2); }
    return 0;"""
    result = run(body)
    assert result.exit_code == 0
    starts = [r.visits[0][0] for r in result.regions if r.region == 1]
    assert len(starts) == 4 and max(starts) == min(starts)
    assert all(result.cores[i].stalls["event_wait"] > 0 for i in (4, 5))
    assert result.cores[0].stalls["barrier_wait"] > result.cores[3].stalls["barrier_wait"]


def test_output_cycle_counter_and_exit_code() -> None:
    body = """
    if (nmcu_core_id()) return 0;
    for (const char *s = "hello"; *s; s++) nmcu_putchar(*s);
    uint32_t a = nmcu_cycles(), b = nmcu_cycles();
    return (int)(b - a);"""
    result = run(body)
    assert (result.stdout, result.exit_code) == (b"hello", 1)


def test_stack_use_is_measured() -> None:
    body = (
        "volatile char buffer[300]; for (int i = 0; i < 300; i++) buffer[i] = (char)i; return buffer[7] - 7;"
    )
    used = [core.stack_bytes for core in run(body).cores]
    assert all(u is not None and 300 <= u <= 500 for u in used)


def test_progress_is_told_and_interrupts_get_through() -> None:
    seen: list[int] = []
    image = compile_c("for (volatile int i = 0; i < 300000; i++) {} return 0;")
    simulate(image.elf, CLUSTER, progress=seen.append)
    assert seen and seen == sorted(seen)

    def stop(cycle: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(image.elf, CLUSTER, progress=stop)


def test_what_has_to_be_built_first_is_not_simulation_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(accepted: object) -> object:
        time.sleep(0.5)
        return library_for(accepted)

    module = sys.modules["nmcu.sim.simulate"]
    library_for = module.library_for
    monkeypatch.setattr(module, "library_for", slow)
    assert 0 < simulate(compile_c("return 0;").elf, CLUSTER).seconds < 0.5


def test_the_readme_of_the_target_names_every_register() -> None:
    text = (CLUSTER.folder / "README.md").read_text()
    for offset in ("0x00", "0x04", "0x08", "0x0C", "0x10", "0x14", "0x18", "0x1C", "0x20"):
        assert re.search(f"`{offset}`", text)
