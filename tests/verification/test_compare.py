"""Pairs of tensors by the readers' own record, and what the comparison makes of differences."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from frontend import litert, ort
from nmcu import graph, operators, verification
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.graph import Graph, ops
from nmcu.graph.prune import prune

Tensors = dict[str | int, np.ndarray]


def _onnx(path: Path, seed: int = 0) -> tuple[Graph, Tensors]:
    model = operators.load(path)
    return model, ort.tensors(path, graph.random_inputs(model, seed))


def _conv(tmp_path: Path) -> Path:
    m = ort.FloatModel(1, 3, 6, 6)
    x = m.pair("input", 0.05, 3)
    x = m.pair(m.node("Conv", x, m.integers(4, 3, 3, 3), pads=[1, 1, 1, 1]), 0.05, -7)
    m.pair(m.node("Transpose", x, perm=[0, 1, 3, 2]), 0.05, -7)
    return m.save(tmp_path / "m.onnx")


def test_every_quantised_tensor_of_a_file_is_paired_through_its_layout(tmp_path: Path) -> None:
    model, known = _onnx(_conv(tmp_path))
    found = verification.compare(model, known)
    quantised = {key for key, array in known.items() if array.dtype == np.int8}
    assert quantised <= {finding.tensor for finding in found.findings}
    assert found.faults == ()
    assert found.steps <= 1


def test_a_map_flattened_in_the_order_of_the_device_is_paired_element_by_element(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 3, 4, 5)
    x = m.pair(m.node("Flatten", m.pair("input", 0.05), axis=1), 0.05)
    m.pair(m.node("MatMul", x, m.integers(60, 6)), 0.2)
    model, known = _onnx(m.save(tmp_path / "m.onnx"))
    assert verification.compare(model, known).faults == ()
    flat = next(key for key, array in known.items() if array.shape == (1, 60) and array.dtype == np.int8)
    theirs = known[flat].copy()
    theirs[0, 17] ^= 64
    (fault, *_) = verification.compare(model, {**known, flat: theirs}).faults
    assert (fault.tensor, fault.index) == (flat, (0, 17))


def test_the_first_layer_at_fault_is_named_with_both_values_where_the_file_has_them(tmp_path: Path) -> None:
    model, known = _onnx(_conv(tmp_path))
    name = next(layer for layer in model.layers if layer.kind == "conv").outputs[0].name
    origin, *_ = model.origins[name]
    theirs = known[origin.key].copy()
    theirs[0, 2, 4, 1] ^= 64  # channel, row, column: the file's order
    (fault, *_) = verification.compare(model, {**known, origin.key: theirs}).faults
    assert (fault.kind, fault.tensor, fault.index) == ("conv", origin.key, (0, 2, 4, 1))
    assert fault.theirs == theirs[0, 2, 4, 1]
    assert abs(fault.ours - known[origin.key][0, 2, 4, 1]) <= 1
    assert "64 steps" in str(fault) or "63 steps" in str(fault) or "65 steps" in str(fault)


def test_a_clamp_that_moved_into_the_layer_before_takes_its_tensor_along(tmp_path: Path) -> None:
    """ReLU6 as a node of its own behind a quantised convolution: the value before it is gone from the graph."""
    m = ort.FloatModel(1, 3, 6, 6)
    x = m.pair(m.node("Conv", m.pair("input", 0.05), m.integers(4, 3, 3, 3)), 0.05, -7)
    before = m.nodes[-2].output[0]
    six = [m.constant(np.asarray(v, np.float32)) for v in (0.0, 2.0)]
    m.pair(m.node("Clip", x, *six), 0.05, -7)
    after = m.nodes[-2].output[0]
    model, known = _onnx(m.save(tmp_path / "m.onnx"))
    keys = {o.key for origins in model.origins.values() for o in origins}
    assert len(model.layers) == 1
    assert after in keys
    assert before not in keys
    assert verification.compare(model, known).faults == ()


def test_layers_without_a_tensor_of_the_runtime_are_judged_together(tmp_path: Path) -> None:
    model, known = _onnx(_conv(tmp_path))
    conv = next(layer for layer in model.layers if layer.kind == "conv")
    keys = {origin.key for origin in model.origins[conv.outputs[0].name]}
    found = verification.compare(model, {k: v for k, v in known.items() if k not in keys})
    longer = [f for f in found.findings if len(f.layers) > 1]
    assert conv.name in longer[0].layers
    assert found.faults == ()


def test_tflite_tensors_are_paired_by_index_and_uint8_by_its_shift() -> None:
    m = TfliteModel()
    x = m.input(1, 4, 4, 3, dtype="uint8", zero=120)
    y = m.tensor(1, 4, 4, 3, scale=0.07, zero=-9)
    m.op("QUANTIZE", [x], [y], "")
    data = m.build(y)
    model = operators.parse(data, "m.tflite")
    known = litert.tensors(data, graph.random_inputs(model, 0))
    found = verification.compare(model, known)
    assert {f.tensor for f in found.findings} >= {x, y}
    assert found.faults == ()
    assert [o.steps for o in found.outputs] == [0]


def test_a_pruned_graph_is_no_longer_the_file(tmp_path: Path) -> None:
    model, _ = _onnx(_conv(tmp_path))
    assert model.origins
    assert not prune(model, {}).origins


@pytest.mark.parametrize("by", [1, 5])
def test_a_step_too_much_in_an_exact_operator_is_a_fault(tmp_path: Path, by: int) -> None:
    m = ort.FloatModel(1, 3, 6, 6)
    m.pair(m.node("MaxPool", m.pair("input", 0.05), kernel_shape=[2, 2]), 0.05)
    model, known = _onnx(m.save(tmp_path / "m.onnx"))
    (layer,) = (layer for layer in model.layers if isinstance(layer.op, ops.MaxPool))
    (origin, *_) = model.origins[layer.outputs[0].name]
    off = np.clip(known[origin.key].astype(int) + by, -128, 127).astype(np.int8)
    exact = [
        dataclasses.replace(o, tolerance=operators.EXACT) if o.op is ops.MaxPool else o
        for o in operators.built_in()
    ]
    (fault, *_) = verification.compare(model, {**known, origin.key: off}, exact).faults
    assert (fault.kind, fault.steps, fault.allowed) == ("maxpool", by, 0)
