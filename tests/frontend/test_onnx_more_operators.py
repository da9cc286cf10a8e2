"""ONNX operators that move, reduce, divide and normalise, against ONNX Runtime, and what they become."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from frontend import ort
from frontend.test_onnx_operators import checked, kinds, qdq
from nmcu import testing

MOVES: dict[str, tuple[str, list[Any], dict[str, Any], str]] = {
    "list of indices": ("Gather", [np.array([7, 0, 3, 3])], {"axis": 1}, "gather"),
    "indices of rows": ("Gather", [np.array([[4, 0], [2, -2]])], {"axis": 2}, "gather"),
    "backwards": ("Slice", [[-1, 5], [-9, -(2**31)], [2, 1], [-1, -2]], {}, "slice"),
    "expand": ("Expand", [[2, 1, 1, 1, 1]], {}, "slice"),
    "tile": ("Tile", [[1, 2, 1, 3]], {}, "slice"),
    "reflect": ("Pad", [[0, 0, 1, 2, 0, 1, 3, 0]], {"mode": "reflect"}, "gather"),
    "edge": ("Pad", [[0, 0, 1, 2, 0, 0, 3, 0]], {"mode": "edge"}, "gather"),
    "blocks of channels": ("DepthToSpace", [], {"blocksize": 2}, "transpose"),
    "PixelShuffle": ("DepthToSpace", [], {"blocksize": 2, "mode": "CRD"}, "transpose"),
    "blocks to channels": ("SpaceToDepth", [], {"blocksize": 2}, "transpose"),
}


@pytest.mark.parametrize("case", MOVES)
@pytest.mark.parametrize("before", ["conv", "table"])
def test_moves(tmp_path: Path, case: str, before: str) -> None:
    """Of a result that waits for its scale, and of a function of a stored tensor."""
    op, lists, attributes, kind = MOVES[case]
    m = ort.FloatModel(1, 4, 6, 6)
    x = m.conv("input", 4, 8)
    x = m.node("Sigmoid", x) if before == "table" else x
    m.node(op, x, *(m.constant(np.array(v, np.int64)) for v in lists), **attributes)
    assert kind in kinds(checked(tmp_path, m))


@pytest.mark.parametrize("axes", [[1], [1, 3], [2, 3], [0, 1, 2, 3]], ids=str)
@pytest.mark.parametrize("op", ["ReduceSum", "ReduceMax", "ReduceMin"])
def test_reductions_over_any_axes(tmp_path: Path, op: str, axes: list[int]) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    x = m.conv("input", 4, 8)
    if op == "ReduceSum":
        m.node(op, x, m.constant(np.array(axes, np.int64)), keepdims=1)
    else:
        m.node(op, x, axes=axes, keepdims=0)
    checked(tmp_path, m)


def test_quotient_of_two_activations(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    a, b = m.conv("input", 4, 8), m.node("Exp", m.node("Tanh", m.conv("input", 4, 8)))
    m.node("Div", a, b)
    assert kinds(checked(tmp_path, m))[-1] == "div"


def test_square_of_a_difference_is_rounded_once(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    d = m.node("Sub", m.conv("input", 4, 8), m.conv("input", 4, 8))
    m.node("Mul", d, d)
    path = qdq(ort.quantise(m.save(tmp_path / "m.onnx"), op_types_to_quantize=["Conv"]))
    assert kinds(ort.check(path))[-1] == "squared_difference"


def test_softplus_as_pytorch_exports_it_is_one_table(tmp_path: Path) -> None:
    """`where(x * beta > threshold, x, softplus(x * beta) / beta)`, for any beta but 1."""
    m = ort.FloatModel(1, 4, 5, 6)
    x = m.conv("input", 4, 8)
    scaled = m.node("Mul", x, m.constant(np.float32(2)))
    over = m.node("Greater", scaled, m.constant(np.float32(3)))
    soft = m.node("Div", m.node("Softplus", scaled), m.constant(np.float32(2)))
    m.node("Where", over, x, soft)
    path = qdq(ort.quantise(m.save(tmp_path / "m.onnx"), op_types_to_quantize=["Conv"]))
    assert kinds(ort.check(path)) == ["conv", "table"]


@pytest.mark.parametrize("case", ["instance", "group", "group as PyTorch exports it", "rms", "l2"])
def test_normalisation(tmp_path: Path, case: str) -> None:
    m = ort.FloatModel(1, 4, 5, 6, opset=23 if case == "rms" else 21)
    x = m.conv("input", 4, 8)
    gamma, beta = (m.constant(np.linspace(low, 2, 8, dtype=np.float32)) for low in (0.5, -1))
    if case == "instance":
        m.node("InstanceNormalization", x, gamma, beta, epsilon=1e-3)
    elif case == "group":
        m.node("GroupNormalization", x, gamma, beta, num_groups=2)
    elif case == "group as PyTorch exports it":
        ones, zeros = (m.constant(np.full(2, v, np.float32)) for v in (1, 0))
        rows = m.node("Reshape", x, m.constant(np.array([0, 2, -1])))
        rows = m.node("InstanceNormalization", rows, ones, zeros)
        whole = m.node("Reshape", rows, m.constant(np.array([1, 8, 5, 6])))
        each = [m.constant(np.linspace(low, 2, 8, dtype=np.float32).reshape(8, 1, 1)) for low in (0.5, -1)]
        m.node("Add", m.node("Mul", whole, each[0]), each[1])
    elif case == "rms":
        m.node("RMSNormalization", x, m.constant(np.linspace(0.5, 2, 6, dtype=np.float32)), axis=-1)
    else:
        m.node("LpNormalization", x, axis=1, p=2)
    path = qdq(ort.quantise(m.save(tmp_path / "m.onnx"), op_types_to_quantize=["Conv"]))
    proto = onnx.load(path)  # ONNX Runtime's inference does not know the shape of GroupNormalization
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info(m.last, TensorProto.FLOAT, (1, 8, 5, 6)))
    onnx.save(proto, path)
    model = ort.check(path)
    (layer,) = [each for each in model.layers if each.kind == "layernorm"]
    testing.check_host(layer, most=1)
    testing.check_simulated(layer, "xcv", most=1)
