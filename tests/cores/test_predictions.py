"""Predictions on every kind of core, also on one's own, and constants that are copied from a slow flash."""

from dataclasses import replace
from pathlib import Path

import pytest

import nmcu
from nmcu import cores, kernels, targets
from nmcu.errors import NmcuError
from nmcu.kernels import Machine
from nmcu.plan import PlannedLayer
from nmcu.registry import Registry
from nmcu.targets import Target

EXAMPLES = Path(__file__).parents[2] / "examples" / "models"
REGISTRY = Registry.built_in()
CORE = """
description = "a core with a slow multiplier"
source = "its manual"

[timing]
multiply = 4
load_use = 0
taken_branch = 2
early_jumps = false
load_overwrite = false
"""


def _chip(folder: Path, core: str) -> Target:
    """A chip of one's own with a kind of core in a folder of its own."""
    (folder / "mine").mkdir(parents=True)
    (folder / "mine" / "core.toml").write_text(core)
    text = (targets.get("esp32c3").folder / "target.toml").read_text()
    (folder / "target.toml").write_text(text.replace('core = "generic"', 'core = "mine"'))
    return Target.load(folder)


@pytest.mark.parametrize("name", ["rp2350", "esp32c3", "ibex", "ibex_small"])
@pytest.mark.parametrize("model", ["resnet8_1x8x4", "resnet8_dense"])
def test_networks_take_what_is_predicted(name: str, model: str) -> None:
    compiled = nmcu.compile(nmcu.load(EXAMPLES / f"{model}.onnx"), target=name)
    report = nmcu.run(compiled)
    assert report.bit_exact
    assert compiled.plan.predicted_cycles == pytest.approx(report.cycles, rel=0.07)


def test_a_core_of_ones_own_is_predicted_by_its_own_cycles(tmp_path: Path) -> None:
    compiled = nmcu.compile(nmcu.load(EXAMPLES / "resnet8_1x8.onnx"), target=_chip(tmp_path / "chip", CORE))
    assert compiled.plan.predicted_cycles == pytest.approx(nmcu.run(compiled).cycles, rel=0.07)


def test_every_kind_of_core_has_a_target_whose_predictions_are_tested() -> None:
    tested = {"rp2350", "esp32c3", "ibex", "ibex_small", "cv32e40p"}
    assert {targets.get(name).core.name for name in tested} == set(cores.names())


def test_constants_are_copied_from_a_slow_flash_where_it_pays() -> None:
    model = nmcu.load(EXAMPLES / "resnet8_dense.onnx")
    slow = targets.get("esp32c3")
    levels = tuple(replace(level, latency_cycles=1) for level in slow.memory.levels)
    fast = replace(slow, memory=replace(slow.memory, levels=levels))
    copied = {p.layer.name for p in nmcu.compile(model, target=slow).plan.layers if _copies(p)}
    assert len(copied) > 5
    assert not any(_copies(p) for p in nmcu.compile(model, target=fast).plan.layers)


def test_constants_are_read_in_place_where_memory_has_no_room() -> None:
    layer = next(x for x in nmcu.load(EXAMPLES / "resnet8_dense.onnx").layers if x.kind == "conv")
    machine = Machine(targets.get("esp32c3"), REGISTRY.isa("rv32"), buffer_bytes=0)
    for found in kernels.candidates(REGISTRY.kernels.values(), layer, machine):
        assert not found.copied


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("timing.multiply = 0", "multiply is 0; an instruction takes up to 1000 cycles"),
        ("timing.multiply = 'two'", "multiply is 'two'; it needs to be a whole number"),
        ("timing.early_jumps = 1", "early_jumps is 1; it needs to be true or false"),
        ("timing.multiplies = 2", "unknown key 'multiplies'; known: taken_branch, jump"),
        ("cycles = 1", "unknown key 'cycles'; known: description"),
        ("isa = 'xcv'", "isa is 'xcv'; a list of texts is needed"),
        ("timing = 3", "timing is 3; a table"),
        ("[", "is not TOML"),
    ],
)
def test_a_mistake_in_a_core_is_one_sentence(wrong: str, sentence: str, tmp_path: Path) -> None:
    text = f'description = "mine"\nsource = "mine"\n{wrong}\n'
    with pytest.raises(NmcuError, match=sentence.replace("[", r"\[")) as found:
        _chip(tmp_path / "chip", text)
    assert "\n" not in str(found.value)


def test_a_core_that_is_nowhere_is_named(tmp_path: Path) -> None:
    chip = _chip(tmp_path / "chip", CORE)
    text = (chip.folder / "target.toml").read_text()
    (chip.folder / "target.toml").write_text(text.replace('"mine"', '"yours"'))
    with pytest.raises(
        NmcuError, match=r"core is 'yours'; known: cv32e40p, .* or the name of a folder beside"
    ):
        Target.load(chip.folder)


def _copies(planned: PlannedLayer) -> bool:
    return any(part.parameters.get("copied") for part in planned.parts)
