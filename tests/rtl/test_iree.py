"""IREE's code on the RTL of a cluster: the simulator's outputs, and its cycles."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

import nmcu
from iree_models import model, region
from iree_networks import alternating
from nmcu.graph import Graph
from nmcu.iree import IreeError, adapter


@pytest.fixture(autouse=True)
def iree() -> None:
    try:
        adapter.require()
    except IreeError as error:
        pytest.skip(str(error))


def _equal(network: Graph | Path, target: str, isa: str) -> None:
    fallback = "iree" if isinstance(network, Path) else None
    compiled = nmcu.compile(network, target, isa=isa, fallback=fallback)
    iss, rtl = (nmcu.run(compiled, core=core) for core in ("iss", "rtl"))
    assert iss.bit_exact and rtl.bit_exact
    for name, values in iss.outputs.items():
        np.testing.assert_array_equal(values, rtl.outputs[name])
    assert rtl.cycles == iss.cycles
    assert [layer.parts for layer in rtl.layers] == [layer.parts for layer in iss.layers]
    assert any(layer.parts for layer in iss.layers)


@pytest.mark.parametrize("target,isa", [("cluster8", "xcv"), ("cv32e40p", "rv32")])
def test_a_region_equals_the_simulator(target: str, isa: str) -> None:
    weight = np.linspace(-1, 1, 16 * 256, dtype=np.float32).reshape(16, 256)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("ReduceMean", ["b"], ["y"], axes=[1], keepdims=0),
    ]
    _equal(region(model(nodes, {"x": (1, 16)}, {"y": (1,)}, {"w": weight})), target, isa)


def test_irees_layers_and_nmcus_in_turn_equal_the_simulator(tmp_path: Path) -> None:
    file = tmp_path / "alternating.onnx"
    file.write_bytes(alternating(size=2))
    _equal(file, "cluster8", "xcv")
