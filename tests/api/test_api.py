"""The public API: whole networks, bit for bit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nmcu
from networks import conv, conv_linear
from nmcu import api, targets, toolchain
from nmcu.errors import ModelError, NmcuError, PlanError, ProgramTooLarge


@pytest.mark.parametrize("isa", ["rv32", "xcv"])
@pytest.mark.parametrize("target", ["cluster8", "cv32e40p"])
def test_a_network_equals_the_reference(target: str, isa: str) -> None:
    report = nmcu.run(conv_linear(), target=target, isa=isa)
    assert report.bit_exact
    assert (report.target, report.isa, report.sim) == (target, isa, "iss")
    assert report.outputs["logits"].dtype == np.float32
    assert [layer.name for layer in report.layers] == ["conv", "flatten", "classifier"]
    assert report.cycles == sum(layer.cycles for layer in report.layers) > 1000
    assert report.macs == 8 * 8 * 16 * 27 + 10 * 1024


def test_every_cycle_of_a_core_is_accounted_for() -> None:
    for layer in nmcu.run(conv_linear()).layers:
        assert layer.compute_cycles + layer.dma_wait_cycles == layer.cycles
        busy = layer.instructions / 8 + sum(layer.stalls.values())
        assert abs(busy - layer.cycles) <= 0.05 * layer.cycles + 50


def test_zeros_are_counted_and_patterns_found() -> None:
    layer = nmcu.run(conv_linear(zeros_every=8)).layers[-1]
    assert (layer.pattern, layer.macs) == ("1:8x4", 10 * 1024)
    assert 0.1 < layer.nonzero_macs / layer.macs <= 0.125


def test_compiling_once_and_running_often() -> None:
    program = nmcu.compile(conv_linear(), "cluster8")
    first, again, other = (nmcu.run(program, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.outputs["logits"], again.outputs["logits"])
    assert first.cycles == again.cycles
    assert not np.array_equal(first.inputs["image"], other.inputs["image"])
    assert first.bit_exact and other.bit_exact


def test_code_that_is_larger_than_the_planner_thought_gets_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the linker lacks; where no plan leaves so much, its first complaint stands."""
    lacks, build = [20_000, 300], toolchain.build

    def link(*given: Any) -> toolchain.Image:
        if lacks:
            raise ProgramTooLarge(f"{lacks[0]:,} bytes too small", "", lacks.pop(0))
        return build(*given)

    monkeypatch.setattr(toolchain, "build", link)
    compiled = nmcu.compile(conv_linear(), "cluster8")
    assert compiled.plan.target.program_bytes >= targets.get("cluster8").program_bytes + 20_300
    assert nmcu.run(compiled).bit_exact
    lacks += [400_000, *[500_000] * 9]
    with pytest.raises(ProgramTooLarge, match="400,000 bytes too small"):
        nmcu.compile(conv_linear(), "cluster8")


def test_given_inputs_are_used() -> None:
    image = np.full((1, 8, 8, 3), 200, np.uint8)
    assert np.array_equal(nmcu.run(conv_linear(), {"image": image}).inputs["image"], image)
    with pytest.raises(ModelError, match="image"):
        nmcu.run(conv_linear(), {"image": image.astype(np.float32)})


def test_a_wrong_program_is_not_bit_exact() -> None:
    program = nmcu.compile(conv_linear(), "cluster8")
    other = nmcu.compile(conv_linear(seed=1), "cluster8")
    report = nmcu.run(replace(program, image=other.image))
    assert not report.bit_exact
    assert 1 <= report.mismatches <= 10


@pytest.mark.parametrize(
    "name", ['x"; system("true"); //', "a\nb */ int x; /*", "../../etc/x", "🙂" * 50, "%s%n\\"]
)
def test_names_from_a_model_do_no_harm(name: str, tmp_path: Path) -> None:
    program = nmcu.compile(conv_linear(names=(name, name + "2")), "cluster8")
    assert nmcu.run(program).bit_exact
    assert all(Path(file).name == file for file in program.program.files)


def test_what_does_not_fit_is_refused_with_sizes() -> None:
    with pytest.raises(PlanError, match=r"[\d,]{6,} bytes"):
        nmcu.compile(conv(size=256, channels=64), "cluster8")


def test_unknown_target_and_core_name_the_known_ones() -> None:
    with pytest.raises(NmcuError, match="cluster8, cv32e40p, esp32c3"):
        nmcu.compile(conv_linear(), "pulp")
    with pytest.raises(NmcuError, match="known: iss"):
        nmcu.run(conv_linear(), core="fpga")


def test_result_files_are_complete() -> None:
    program = nmcu.compile(conv_linear(), "cluster8")
    report = nmcu.run(program)
    files = program.run_files() | report.files()
    assert {"program.elf", "plan.json", "report.html", "inputs/image.npy", "outputs/logits.npy"} <= set(files)
    assert {"project/Makefile", "project/README.md", "project/conv_linear.c"} <= set(files)
    assert b"conv" in files["report.html"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a complete .npy file"),
        (
            b"\x93NUMPY\x01\x00"
            + b"v\x00"
            + b"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 10**12)}",
            "not a complete",
        ),
        (b"\x93NUMPY\x01\x00" + b"\x0a\x00" + b"{'descr': (", "not a complete .npy file"),
        (b"PK\x03\x04 an archive", "not a complete .npy file"),
        (b"\x80\x04K\x01.", "not a complete .npy file"),
    ],
)
def test_broken_input_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(NmcuError, match=message):
        api.read_inputs(conv_linear(), [path])


def test_inputs_come_from_files(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), np.uint8)
    np.save(tmp_path / "x.npy", image)
    assert np.array_equal(api.read_inputs(conv_linear(), [tmp_path / "x.npy"])["image"], image)
    with pytest.raises(NmcuError, match=r"the model has 1 input \('image'\); given: 2 files"):
        api.read_inputs(conv_linear(), [tmp_path / "x.npy"] * 2)
    with pytest.raises(NmcuError, match="No such file"):
        api.read_inputs(conv_linear(), [tmp_path / "missing.npy"])
