"""Ibex is ground truth for its timing profiles: the same ELF on its RTL and on the simulator."""

from pathlib import Path

import pytest

import nmcu
from nmcu import rtl, sim, targets, toolchain
from nmcu.bench.shapes import Shape, network
from nmcu.registry import Registry
from nmcu.rtl.errors import RtlError

LAYERS = [
    ("conv3x3_4x4x16_8", "dense"),
    ("conv3x3_8x8x16_8", "1:8"),
    ("conv3x3_4x8x16_8", "1:8x4"),
    ("linear_64_16_t1", "1:4"),
    ("depthwise3x3_6x6x8", "dense"),
]


@pytest.mark.parametrize("chip", ["ibex", "ibex_small"])
@pytest.mark.parametrize(("shape", "pattern"), LAYERS)
def test_kernels_take_the_same_cycles(chip: str, shape: str, pattern: str) -> None:
    compiled = nmcu.compile(network(Shape.parse(shape), pattern), chip)
    model, real = (nmcu.run(compiled, core=core) for core in ("iss", "rtl"))
    assert real.bit_exact
    for ours, theirs in zip(model.layers, real.layers, strict=True):
        assert ours.cycles == pytest.approx(theirs.cycles, rel=0.01, abs=2)
        assert {cause: n for cause, n in theirs.stalls.items() if n}.keys() <= {
            "load_use",
            "branch",
            "multi_cycle",
        }


def test_a_program_that_starts_elsewhere_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "program.c"
    source.write_text("int main(void) { return 0; }")
    image = toolchain.build([source], targets.get("cv32e40p"), Registry.built_in().isa("rv32"))
    with pytest.raises(
        RtlError, match="starts at 0x0; the core 'ibex' starts 128 bytes behind a multiple of 256"
    ):
        rtl.simulate(image.elf, targets.get("ibex"))


def test_a_core_without_rtl_is_refused() -> None:
    with pytest.raises(RtlError, match="no RTL of the core 'hazard3', only of cv32e40p, ibex, ibex_small"):
        nmcu.run(network(Shape.parse("linear_64_16_t1"), "dense"), target="rp2350", core="rtl")


def test_programs_with_traps_and_divisions_agree(tmp_path: Path) -> None:
    """Not only what kernels use: division, mulh, misaligned accesses, CSRs, jumps through registers."""
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    for chip in ("ibex", "ibex_small"):
        machine = targets.get(chip)
        image = toolchain.build([source], machine, Registry.built_in().isa("rv32"))
        model, real = sim.simulate(image.elf, machine), rtl.simulate(image.elf, machine)
        assert real.exit_code == model.exit_code == 0
        assert real.cycles == pytest.approx(model.cycles, rel=0.01)


PROGRAM = """
#include "nmcu_hal.h"
static uint32_t twice(uint32_t x) { return 2 * x; }
static uint32_t thrice(uint32_t x) { return 3 * x + 1; }
static uint32_t (*volatile functions[2])(uint32_t);
static volatile uint32_t table[64];
int main(void)
{
    functions[0] = twice, functions[1] = thrice;
    uint32_t sum = 1;
    for (uint32_t i = 1; i < 60; i++) {
        table[i] = sum * 2654435761u;
        sum += table[i] / i + *(volatile uint32_t *)((volatile char *)table + i);
        sum ^= (uint32_t)(((int64_t)(int32_t)sum * (int32_t)table[i]) >> 32);
        sum = functions[i & 1](sum);
        if (sum & 4) sum += nmcu_cycles() != 0;
    }
    return sum == 0;
}
"""
