"""Chips that are nothing but a target.toml in a folder: networks run on them bit for bit, in place where they can."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import nmcu
from isas import RV32
from networks import conv, conv_linear
from nmcu import toolchain
from nmcu.api import CompiledModel
from nmcu.errors import ToolchainError
from nmcu.sim import ProgramFault, simulate
from nmcu.targets import Role, Target

CHIPS = Path(__file__).parent / "chips"
NAMES = tuple(sorted(path.name for path in CHIPS.iterdir()))
MODELS = Path(__file__).parents[2] / "examples" / "models"


@cache
def _compiled(model: str, chip: str) -> CompiledModel:
    networks = {"conv": lambda: conv(6, 6), "large": lambda: conv(32, 32), "conv_linear": conv_linear}
    network = networks[model]() if model in networks else MODELS / f"{model}.onnx"
    return nmcu.compile(network, str(CHIPS / chip), isa="rv32")


@cache
def _cycles(model: str, chip: str) -> int:
    report = nmcu.run(_compiled(model, chip))
    assert report.bit_exact
    return report.cycles


@pytest.mark.parametrize("chip", NAMES)
@pytest.mark.parametrize("model", ["conv", "conv_linear", "resnet8_1x8"])
def test_networks_are_bit_exact(model: str, chip: str) -> None:
    assert _cycles(model, chip)


@pytest.mark.slow
@pytest.mark.parametrize("chip", NAMES)
def test_dense_networks_are_bit_exact(chip: str) -> None:
    assert _cycles("resnet8_dense", chip)


def test_more_cores_take_fewer_cycles() -> None:
    one, two, eight = (_cycles("large", name) for name in ("one_ram", "two_cores", "eight_cores"))
    assert two < 0.52 * one
    assert eight < 0.15 * one


@pytest.mark.parametrize("chip", [name for name in NAMES if name != "no_dma"])
def test_what_lies_in_the_compute_memory_is_used_in_place(chip: str) -> None:
    plan = _compiled("resnet8_1x8", chip).plan
    by_kind = {layer.layer.kind: layer for layer in plan.layers}
    assert by_kind["add"].l1_bytes == by_kind["avgpool"].l1_bytes == 0
    (linear,) = by_kind["linear"].parts
    assert not any(buffer.bytes for name, buffer in linear.l1.items() if name != "constants0")
    assert bool(linear.l1["constants0"].bytes) == (chip == "flash")  # which is slow
    assert by_kind["add"].dma_cycles == by_kind["linear"].dma_cycles == 0
    for layer in plan.layers:
        assert all(
            size.bytes == 0 or "copied" in part.parameters
            for part in layer.parts
            for key, size in part.l1.items()
            if "constants" in key
        )


def test_without_dma_operands_are_copied_to_the_compute_memory() -> None:
    plan = _compiled("resnet8_1x8", "no_dma").plan
    assert all(layer.l1_bytes > 0 for layer in plan.layers if layer.parts)
    assert 0 < plan.l1_peak_bytes <= 60 << 10


def test_code_and_constants_lie_in_flash() -> None:
    compiled = _compiled("resnet8_1x8", "flash")
    image, memory = compiled.image, compiled.plan.target.memory
    flash, ram = memory.find(Role.FLASH), memory.level(Role.COMPUTE)
    assert flash is not None
    assert flash.base == image.symbols["_start"]
    assert flash.base <= image.symbols["resnet8_1x8_weights"] < flash.end
    for port in (*image.inputs, *image.outputs):
        assert ram.base <= image.symbols[port.symbol] < ram.end


def test_a_program_that_does_not_fit_is_refused_in_one_sentence(tmp_path: Path) -> None:
    text = (CHIPS / "one_ram" / "target.toml").read_text()
    small = text.replace("size = 0x8_0000", "size = 0x5800").replace(
        "stack_bytes", "program_bytes = 0\nstack_bytes"
    )
    (tmp_path / "target.toml").write_text(small)
    with pytest.raises(
        ToolchainError, match=r"does not fit one_ram: its memory ram .*; use a smaller network, or"
    ) as e:
        nmcu.compile(conv_linear(), str(tmp_path), isa="rv32")
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("chip", ["flash", "two_cores"])
def test_the_project_builds_alone(chip: str, tmp_path: Path) -> None:
    compiled = _compiled("conv_linear", chip)
    for name, content in compiled.files().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert (tmp_path / "nmcu" / "targets" / chip / "link.ld").is_file()
    command = ["make", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


MEETINGS = """
#include "nmcu_hal.h"
static volatile uint32_t turn[NMCU_CORES] NMCU_L2;
static volatile uint32_t wrong[NMCU_CORES] NMCU_L2;
uint32_t cleared[4];
int main(void) {
    const uint32_t core = nmcu_core_id();
    uint32_t errors = cleared[core % 4]; /* .bss: core 0 has cleared it before any other gets here */
    turn[core] = 0;
    nmcu_barrier();
    for (uint32_t round = 1; round <= 50; round++) {
        for (volatile uint32_t i = 0; i < (core * 7 + round * 3) % 23; i++) /* arrive at different times */
            ;
        turn[core] = round;
        nmcu_barrier();
        for (uint32_t other = 0; other < NMCU_CORES; other++)
            errors += turn[other] != round;
        nmcu_barrier();
    }
    wrong[core] = errors;
    nmcu_barrier();
    for (uint32_t other = 1; other < NMCU_CORES; other++)
        errors += wrong[other];
    return (int)errors;
}
"""


@pytest.mark.parametrize("chip", ["two_cores", "eight_cores", "no_dma"])
@pytest.mark.parametrize("before", ["zero", "random", "calling", "calling again", "going"])
def test_cores_meet_by_flags_whatever_memory_holds(chip: str, before: str, tmp_path: Path) -> None:
    target = Target.load(CHIPS / chip)
    (tmp_path / "main.c").write_text(MEETINGS)
    image = toolchain.build([tmp_path / "main.c"], target, RV32)
    memory = target.memory.level(Role.COMPUTE)
    start, end = image.symbols["arrived"] // 4 * 4, image.symbols["__l1_free_start"]
    assert memory.base <= start < end <= memory.end
    words = {
        "zero": np.zeros(16, np.uint32),
        "random": np.random.default_rng(3).integers(0, 1 << 32, 16, np.uint32),
        "calling": np.full(16, 0x5A5A0001, np.uint32),
        "calling again": np.full(16, 0x5A5A0002, np.uint32),
        "going": np.full(16, 0x5A5A0003, np.uint32),
    }[before]
    flags = words[: target.cores].tobytes()
    writes = {
        start: flags,
        image.symbols["released"]: words[:1].tobytes(),
        image.symbols["cleared"]: b"\1" * 16,
    }
    result = simulate(image.elf, target, writes=writes, max_cycles=1_000_000)
    assert result.exit_code == 0


def test_a_store_to_flash_is_a_fault(tmp_path: Path) -> None:
    target = Target.load(CHIPS / "flash")
    (tmp_path / "main.c").write_text("int main(void) { *(volatile int *)0x080F0000 = 1; return 0; }")
    image = toolchain.build([tmp_path / "main.c"], target, RV32)
    with pytest.raises(ProgramFault, match="store to flash, which can only be read") as found:
        simulate(image.elf, target, isa=RV32)
    assert found.value.kind == "write_to_read_only"
