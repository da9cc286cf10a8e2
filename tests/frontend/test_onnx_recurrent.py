"""ONNX LSTMs and GRUs in QDQ form against ONNX Runtime, within the tolerance of their operators."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import nmcu
from nmcu import graph, operators, verification
from nmcu.errors import ModelError
from nmcu.graph import Graph

JUDGE = verification.Judge()
TOLERANCE = 3
"""Steps; the documented tolerance of `Lstm` and `Gru`. Layers whose weights make them chaotic have none."""


class Model:
    """A QDQ network with one recurrent node."""

    def __init__(self, op: str, units: int = 12, inputs: int = 9, steps: int = 7, **attributes: Any) -> None:
        self.rng = np.random.default_rng(units)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.op, self.units, self.steps, self.inputs = op, units, steps, inputs
        self.attributes = {"hidden_size": units, **attributes}
        self.many = 2 if attributes.get("direction") == "bidirectional" else 1

    def constant(self, name: str, array: np.ndarray[Any, Any]) -> str:
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def pair(self, name: str, scale: float, zero: int, out: str) -> None:
        s, z = self.constant(f"{name}_s", np.float32(scale)), self.constant(f"{name}_z", np.int8(zero))
        self.nodes.append(
            helper.make_node("QuantizeLinear", [name, s, z], [f"{name}_q"], name=f"quantize {name}")
        )
        self.nodes.append(
            helper.make_node("DequantizeLinear", [f"{name}_q", s, z], [out], name=f"real {name}")
        )

    def weights(self, name: str, *shape: int, per_row: bool = False) -> str:
        values = self.rng.integers(-127, 128, shape).astype(np.int8)
        count = shape[1] if per_row else 1
        scales = (self.rng.uniform(0.5, 1.5, count) * 2.7 / np.sqrt(self.units) / 127).astype(np.float32)
        s = self.constant(f"{name}_s", scales if per_row else scales[0])
        options = {"axis": 1} if per_row else {}
        self.nodes.append(
            helper.make_node("DequantizeLinear", [self.constant(f"{name}_q", values), s], [name], **options)
        )
        return name

    def build(self, *, per_row: bool = False, last: bool = False, more: tuple[str, ...] = ()) -> bytes:
        gates = {"LSTM": 4, "GRU": 3}[self.op] * self.units
        self.pair("x", 0.02, 5, "x_real")
        given = ["x_real", self.weights("W", self.many, gates, self.inputs, per_row=per_row)]
        given.append(self.weights("R", self.many, gates, self.units, per_row=per_row))
        bias = self.rng.normal(0, 0.3, (self.many, 2 * gates)).astype(np.float32)
        given += [self.constant("B", bias), *more]
        outs = ["", "h"] if last else ["y"]
        self.nodes.append(helper.make_node(self.op, given, outs, name="layer", **self.attributes))
        self.pair(outs[-1], 0.008, -2, "out")
        shape = (self.steps, 1, self.inputs)
        made = helper.make_graph(
            self.nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
            self.constants,
        )
        model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        return bytes(model.SerializeToString())


def checked(tmp_path: Path, data: bytes) -> Graph:
    """Load the model; its output is within the tolerance of ONNX Runtime's for three inputs."""
    (tmp_path / "m.onnx").write_bytes(data)
    loaded = operators.load(tmp_path / "m.onnx")
    for seed in range(3):
        feeds = graph.random_inputs(loaded, seed)
        known = JUDGE.run(data, [feeds])[0]
        assert verification.compare(loaded, known).faults == ()
        (ours,) = graph.reference.run_model(loaded, feeds).values()
        assert ours.shape == known["out"].shape
        assert np.abs(ours - known["out"]).max() <= 0.008 * (TOLERANCE + 0.01)
        assert np.abs(ours).max() > 0.3, "a test of small values shows nothing"
    return loaded


@pytest.mark.parametrize("op", ["LSTM", "GRU"])
@pytest.mark.parametrize(
    ("attributes", "options"),
    [
        ({}, {}),
        ({"direction": "reverse", "linear_before_reset": 1}, {"per_row": True}),
        ({"direction": "bidirectional"}, {}),
        ({"linear_before_reset": 1}, {"last": True}),
        ({"direction": "bidirectional", "linear_before_reset": 1}, {"last": True}),
    ],
    ids=["forward", "reverse", "bidirectional", "last state", "last states of both"],
)
def test_a_recurrent_layer(
    tmp_path: Path, op: str, attributes: dict[str, Any], options: dict[str, Any]
) -> None:
    own = {k: v for k, v in attributes.items() if op == "GRU" or k != "linear_before_reset"}
    loaded = checked(tmp_path, Model(op, **own).build(**options))
    assert [n.kind for n in loaded.layers].count(op.lower()) == (
        2 if own.get("direction") == "bidirectional" else 1
    )


def test_initial_states_and_peepholes(tmp_path: Path) -> None:
    m = Model("LSTM")
    states = [m.constant(name, m.rng.uniform(-0.9, 0.9, (1, 1, 12)).astype(np.float32)) for name in "hc"]
    peepholes = m.constant("P", m.rng.normal(0, 0.5, (1, 36)).astype(np.float32))
    checked(tmp_path, m.build(more=("", *states, peepholes)))


def streaming(op: str) -> bytes:
    """A layer whose states are inputs and outputs of the model, quantised as what takes them."""
    m, names = (
        Model(op, steps=3, **({"linear_before_reset": 1} if op == "GRU" else {})),
        "hc" if op == "LSTM" else "h",
    )
    scales = {"h": 0.008, "c": 0.03}
    for name in names:
        m.pair(f"{name}_in", scales[name], -2, f"{name}_given")
    data = onnx.load_from_string(m.build(more=("", *(f"{name}_given" for name in names))))
    layer = next(node for node in data.graph.node if node.op_type == op)
    m.nodes, m.constants = [], []
    for name in names:
        layer.output.append(f"{name}_last")
        m.pair(f"{name}_last", scales[name], -2, f"{name}_out")
        shape = (1, 1, m.units)
        data.graph.input.append(helper.make_tensor_value_info(f"{name}_in", TensorProto.FLOAT, shape))
        data.graph.output.append(helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, shape))
    data.graph.node.extend(m.nodes)
    data.graph.initializer.extend(m.constants)
    return bytes(data.SerializeToString())


@pytest.mark.parametrize("op", ["LSTM", "GRU"])
def test_states_that_are_inputs_and_outputs(tmp_path: Path, op: str) -> None:
    """Judged as such, and as states (`--state`) in a sequence, on the device too."""
    path = tmp_path / "m.onnx"
    path.write_bytes(streaming(op))
    states = {f"{name}_in": f"{name}_out" for name in ("hc" if op == "LSTM" else "h")}
    assert nmcu.verify(path).ok
    assert nmcu.verify(path, states=states, keep_state=True).ok
    model = nmcu.load(path, states=states)
    frames = np.random.default_rng(0).uniform(-2, 2, (4, 3, 1, 9)).astype(np.float32)
    assert nmcu.run(model, frames).bit_exact


@pytest.mark.parametrize(
    ("attributes", "more", "reason"),
    [
        ({"layout": 1}, (), "layout 1 is not supported"),
        ({"activations": ["Relu", "Tanh", "Tanh"]}, (), "a clip are not supported"),
        ({"input_forget": 1}, (), "input_forget is not supported"),
        ({}, ("lengths",), "shortens the sequence"),
    ],
)
def test_what_is_not_supported_is_refused_in_one_sentence(
    tmp_path: Path, attributes: dict[str, Any], more: tuple[str, ...], reason: str
) -> None:
    m = Model("LSTM", **attributes)
    m.constant("lengths", np.array([3], np.int32))
    (tmp_path / "m.onnx").write_bytes(m.build(more=more))
    with pytest.raises(ModelError, match=reason):
        operators.load(tmp_path / "m.onnx")


def test_a_bidirectional_network_runs_on_the_device(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(Model("GRU", direction="bidirectional", linear_before_reset=1).build())
    assert nmcu.run(tmp_path / "m.onnx").bit_exact
