"""What IREE makes of a piece of a network for a target: code, constants, and the order of calls."""

import numpy as np
import onnx
import pytest
from onnx import helper

from iree_models import model
from nmcu.iree import adapter
from nmcu.iree.fragment import fragment
from nmcu.iree.schedule import Copy, Dispatch, Range

pytestmark = pytest.mark.usefixtures("iree")
RV32 = "rv32imc_zicsr"


def _matmul() -> bytes:
    weight = np.linspace(-1, 1, 64 * 32, dtype=np.float32).reshape(64, 32)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("Sigmoid", ["a"], ["y"])]
    return model(nodes, {"x": (2, 64)}, {"y": (2, 32)}, {"w": weight})


def test_a_network_is_dispatches_over_its_tensors_and_constants() -> None:
    made = fragment(_matmul(), RV32)
    schedule = made.schedule
    assert schedule.dispatches
    assert {name.startswith(made.name) for name in schedule.functions} == {True}
    assert set(schedule.functions) <= made.functions.keys()
    assert schedule.outputs == (256,)
    bound = [binding for dispatch in schedule.dispatches for binding in dispatch.bindings]
    assert Range("input", 0, 0, 512) in bound
    assert Range("output", 0, 0, 256) in bound
    weight = np.linspace(-1, 1, 64 * 32, dtype=np.float32)
    stored = np.frombuffer(schedule.constants, np.float32)
    assert set(weight) <= set(stored)
    for dispatch in schedule.dispatches:
        needs = made.functions[dispatch.function]
        assert (needs.constants, needs.bindings) == (len(dispatch.constants), len(dispatch.bindings))


def test_code_names_only_its_own_functions_and_those_of_every_program() -> None:
    made = fragment(_matmul(), RV32)
    assert all(f"\t.globl\t{name}\n" in made.assembly for name in made.functions)
    assert "nmcu_iree_fmaf" in made.assembly
    assert "library_query" not in made.assembly
    assert ".debug" not in made.assembly


def test_names_of_a_stranger_reach_no_symbol() -> None:
    network = onnx.load_model_from_string(_matmul())
    network.graph.name = '"; .globl main'
    strange = fragment(network.SerializeToString(), RV32)
    assert strange is not fragment(_matmul(), RV32)
    assert strange.assembly == fragment(_matmul(), RV32).assembly


def test_the_cores_extensions_reach_the_compiler() -> None:
    nodes = [helper.make_node("Max", ["x", "y"], ["z"])]
    larger = model(nodes, {"x": (4, 8), "y": (4, 8)}, {"z": (4, 8)}, kind=onnx.TensorProto.INT32)
    made = fragment(larger, f"{RV32}_xcvalu1p0")
    assert "cv.max" in made.assembly
    assert made.name != fragment(larger, RV32).name


def test_outputs_that_share_a_buffer_are_copied_to_their_places() -> None:
    nodes = [helper.make_node("Split", ["x"], ["y", "z"], axis=0)]
    made = fragment(model(nodes, {"x": (4, 8)}, {"y": (2, 8), "z": (2, 8)}), RV32)
    last = made.schedule.steps[-1]
    assert [command.target for command in last if isinstance(command, Copy)] == [
        Range("output", 0, 0, 64),
        Range("output", 1, 0, 64),
    ]


def test_a_network_that_only_moves_data_needs_no_code() -> None:
    nodes = [helper.make_node("Concat", ["x", "y"], ["z"], axis=0)]
    made = fragment(model(nodes, {"x": (4, 8), "y": (4, 8)}, {"z": (8, 8)}), RV32)
    assert not made.assembly
    assert not [command for command in made.schedule.commands if isinstance(command, Dispatch)]


def test_a_fragment_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = fragment(_matmul(), RV32)
    fragment.cache_clear()
    monkeypatch.setattr(adapter, "_call", None)
    assert fragment(_matmul(), RV32) == made
