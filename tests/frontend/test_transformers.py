"""Vision Transformers of PyTorch and `transformers`, quantised by ONNX Runtime."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from frontend import ort, round_trip
from nmcu import api, graph
from nmcu.graph import Graph

torch_transformers = pytest.importorskip(
    "frontend.torch_transformers", reason="needs torch (pip install nmcu[train])"
)


def loaded(name: str, path: Path, opset: int) -> Graph:
    if name == "hugging_face":
        pytest.importorskip("transformers", reason="needs transformers (pip install transformers)")
    model = getattr(torch_transformers, name)(path / "model.onnx", opset)
    return ort.check(ort.quantise(model))


def kinds(model: Graph) -> Counter[str]:
    return Counter(type(layer.op).__name__ for layer in model.layers)


@pytest.mark.parametrize("opset", [18, 20])
@pytest.mark.parametrize("name", ["plain", "hugging_face"])
def test_agrees_with_onnx_runtime_and_runs_bit_exact(tmp_path: Path, name: str, opset: int) -> None:
    model = loaded(name, tmp_path, opset)
    found = kinds(model)
    assert found["AttentionScores"] == found["AttentionValues"] == found["Softmax"] == 2
    assert found["LayerNorm"] == 5
    assert "Transpose" not in found
    assert api.run(model).bit_exact
    again = kinds(round_trip.check(model, tmp_path / "again.onnx"))
    for kind in ("AttentionScores", "AttentionValues", "LayerNorm", "Linear", "Softmax", "Transpose"):
        assert again[kind] == found[kind]


def test_a_joint_projection_is_not_cut(tmp_path: Path) -> None:
    model = loaded("plain", tmp_path, 20)
    assert kinds(model)["Slice"] == 1  # of the class token
    scores = next(x for x in model.layers if isinstance(x.op, graph.ops.AttentionScores))
    values = next(x for x in model.layers if isinstance(x.op, graph.ops.AttentionValues))
    assert (scores.op.q_offset, scores.op.k_offset, values.op.v_offset) == (0, 32, 64)
    assert scores.inputs[0].name == scores.inputs[1].name == values.inputs[1].name


def test_products_of_two_activations_in_any_layout(tmp_path: Path) -> None:
    model = ort.FloatModel(1, 3, 5, 8)
    other = model.node("Transpose", "input", perm=[0, 1, 3, 2])
    first = model.node("MatMul", "input", other)
    model.node("MatMul", first, "input")
    found = kinds(ort.check(ort.quantise(model.save(tmp_path / "model.onnx"))))
    assert found["AttentionScores"] + found["AttentionValues"] == 2


def test_scalar_factors_fold_into_products(tmp_path: Path) -> None:
    model = ort.FloatModel(1, 5, 8)
    scale = model.constant(np.array(0.03, np.float32))
    wide = model.constant(np.array(0.3, np.float32))
    zero = model.constant(np.array(3, np.int8))
    half = model.constant(np.array(0.5, np.float32))
    x = model.node("DequantizeLinear", model.node("QuantizeLinear", "input", scale, zero), scale, zero)
    scaled = model.node("Div", x, half)
    product = model.node("MatMul", scaled, model.node("Transpose", scaled, perm=[0, 2, 1]))
    result = model.node("QuantizeLinear", model.node("Mul", product, half), wide, zero)
    model.node("DequantizeLinear", result, wide, zero)
    found = kinds(ort.check(model.save(tmp_path / "model.onnx")))
    assert set(found) <= {"AttentionScores", "Reshape"}


@pytest.mark.parametrize("shape", [(1, 7, 12), (1, 3, 4, 6)])
def test_layer_normalisation(tmp_path: Path, shape: tuple[int, ...]) -> None:
    model = ort.FloatModel(*shape)
    gamma = model.constant(model.rng.normal(1, 0.3, shape[-1]).astype(np.float32))
    beta = model.constant(model.rng.normal(0, 0.3, shape[-1]).astype(np.float32))
    model.node("LayerNormalization", "input", gamma, beta, axis=-1, epsilon=1e-6)
    assert kinds(ort.check(ort.quantise(model.save(tmp_path / "model.onnx"))))["LayerNorm"] == 1


@pytest.mark.parametrize("square", ["Pow", "Mul"])
def test_layer_normalisation_written_out(tmp_path: Path, square: str) -> None:
    model = ort.FloatModel(1, 7, 12, opset=14)
    scalar = {name: model.constant(np.array(v, np.float32)) for name, v in (("two", 2.0), ("epsilon", 1e-5))}
    gamma = model.constant(model.rng.normal(1, 0.3, 12).astype(np.float32))
    beta = model.constant(model.rng.normal(0, 0.3, 12).astype(np.float32))
    first = model.node("MatMul", "input", model.weight(12, 12))
    centred = model.node("Sub", first, model.node("ReduceMean", first, axes=[-1]))
    squared = model.node(square, centred, centred if square == "Mul" else scalar["two"])
    variance = model.node("Add", scalar["epsilon"], model.node("ReduceMean", squared, axes=[-1]))
    model.node("Div", centred, model.node("Sqrt", variance))
    scaled = model.node("Mul", gamma, model.last)
    normal = model.node("Add", scaled, beta)
    model.node("MatMul", normal, model.weight(12, 5))
    path = ort.quantise(model.save(tmp_path / "model.onnx"), op_types_to_quantize=["MatMul"])
    found = kinds(ort.check(path))
    assert found["LayerNorm"] == 1
    assert set(found) <= {"LayerNorm", "Linear", "Reshape"}
