"""Nodes on constants alone: the values of ONNX Runtime, and the model's own constants stay as they are."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx import file
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.fold import MAX_ELEMENTS, MAX_WORK_BYTES, fold
from nmcu.frontend.from_onnx.values import Const

Array = NDArray[Any]

X = np.linspace(-3, 4, 24, dtype=np.float32).reshape(2, 3, 4)
Y = np.linspace(2, -5, 24, dtype=np.float32).reshape(2, 3, 4)
Z = np.full((1, 3, 1), 0.5, np.float32)
INTS = np.arange(-7, 17).reshape(2, 3, 4)


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


def model(op: str, inputs: list[Array | None], opset: int, **attributes: Any) -> onnx.ModelProto:
    names = ["" if a is None else f"c{i}" for i, a in enumerate(inputs)]
    constants = [numpy_helper.from_array(a, n) for n, a in zip(names, inputs, strict=True) if a is not None]
    node = helper.make_node(op, names, ["y"], name="the node", **attributes)
    graph = helper.make_graph([node], "g", [], [helper.make_empty_tensor_value_info("y")], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def folded(op: str, inputs: list[Array | None], opset: int = 17, **attributes: Any) -> Array:
    """What the reader makes of the node; its inputs must not change."""
    before = [None if a is None else a.copy() for a in inputs]
    proto = model(op, inputs, opset, **attributes)
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None))
    c = Context(file.parse(proto.SerializeToString(), Path()))
    c.known |= {name: Const(array) for name, array in c.file.constants.items()}
    c.node = c.file.nodes[0]
    assert fold(c)
    for i, array in enumerate(before):
        if array is not None:
            np.testing.assert_array_equal(c.file.constants[f"c{i}"], array)
    value = c.known["y"]
    assert isinstance(value, Const)
    return value.array


def check(op: str, inputs: list[Array | None], opset: int = 17, **attributes: Any) -> None:
    proto = model(op, inputs, opset, **attributes).SerializeToString()
    theirs = onnxruntime.InferenceSession(proto, providers=["CPUExecutionProvider"]).run(None, {})[0]
    ours = folded(op, inputs, opset, **attributes)
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("op", ["Max", "Min", "Sum", "Mean"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_number_of_constants(op: str, count: int) -> None:
    check(op, [X, Z, Y, 2 * Z][:count])


@pytest.mark.parametrize("op", ["ReduceProd", "ReduceMax", "ReduceMin", "ReduceMean"])
@pytest.mark.parametrize("axes", [None, [0], [-1], [2, 0], [0, 1, 2]])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_reductions(op: str, axes: list[int] | None, keepdims: int) -> None:
    """Axes as an attribute up to opset 17, as an input from 18."""
    check(op, [X], 17, keepdims=keepdims, **({} if axes is None else {"axes": axes}))
    check(op, [X] if axes is None else [X, ints(*axes)], 18, keepdims=keepdims)


@pytest.mark.parametrize("op", ["ReduceProd", "ReduceSum", "ReduceMean"])
@pytest.mark.parametrize("noop", [0, 1])
@pytest.mark.parametrize("axes", [None, ints()])
def test_reductions_over_no_axes(op: str, noop: int, axes: Array | None) -> None:
    check(op, [X] if axes is None else [X, axes], 18, noop_with_empty_axes=noop)


def test_axes_from_the_end_and_out_of_order() -> None:
    column = X.reshape(1, 24, 1)
    check("Squeeze", [column])
    check("Squeeze", [column, ints(-1)])
    check("Squeeze", [column, ints(-1, 0)])
    check("Unsqueeze", [X, ints(-1, 0, 2)])
    check("Transpose", [X], perm=[2, 0, 1])
    check("Flatten", [X], axis=-1)
    check("Slice", [X, ints(-1, 0), ints(-(2**62), 2), ints(2, 1), ints(-2, 1)])
    assert folded("Squeeze", [column, ints()]).shape == (1, 24, 1), "as ONNX; ONNX Runtime squeezes all"


@pytest.mark.parametrize(
    ("op", "inputs", "attributes"),
    [
        ("Add", [X, Z], {}),
        ("Cast", [X], {"to": 7}),
        ("Cast", [X], {"to": 9}),
        ("Clip", [X, None, np.float32(1)], {}),
        ("Clip", [X], {}),
        ("Concat", [X, Y], {"axis": -1}),
        ("ConstantOfShape", [ints(2, 3)], {"value": numpy_helper.from_array(ints(7))}),
        ("ConstantOfShape", [ints(2, 3)], {}),
        ("Div", [INTS, np.array(-4)], {}),
        ("Equal", [X, X], {}),
        ("Expand", [Z, ints(2, 1, 5)], {}),
        ("Gather", [X, ints(-1, 0)], {"axis": 1}),
        ("Mod", [INTS, np.array(5)], {}),
        ("Pow", [X, np.float32(2)], {}),
        ("Range", [np.array(3), np.array(20), np.array(4)], {}),
        ("Reshape", [X, ints(0, -1)], {}),
        ("Shape", [X], {"start": -2}),
        ("Size", [X], {}),
        ("Tile", [X, ints(1, 2, 3)], {}),
        ("Where", [X > 0, X, Z], {}),
    ],
)
def test_values_of_onnx_runtime(op: str, inputs: list[Array | None], attributes: dict[str, Any]) -> None:
    check(op, inputs, **attributes)


@pytest.mark.parametrize(
    ("op", "inputs"),
    [
        ("ConstantOfShape", [ints(2**20, 2**20, 2**10)]),
        ("ConstantOfShape", [ints(2**32, 2**32)]),
        ("ConstantOfShape", [ints(-1, -5)]),
        ("Expand", [X, ints(2**40, 1, 1, 1)]),
        ("Tile", [X, ints(2**40, 2**24, 1)]),
        ("Range", [np.array(0), np.array(2**62), np.array(1)]),
        ("Range", [np.float32(0), np.float32(1), np.float32(0)]),
        ("Range", [np.array(0), np.array(5), np.array(0)]),
        ("Add", [np.zeros((2**13, 1), np.int8), np.zeros((1, 2**13), np.int8)]),
        ("Add", [X, X.astype(np.float64)]),
        ("Concat", [X, INTS]),
        ("Reshape", [X, ints(5, -1)]),
        ("Unsqueeze", [X, ints(0, 0)]),
        ("Gather", [X, ints(9)]),
    ],
)
def test_what_is_too_large_or_does_not_fit_is_refused(op: str, inputs: list[Array | None]) -> None:
    with pytest.raises(ModelError, match="'the node'"):
        folded(op, inputs)


def test_the_work_of_a_whole_model_is_bounded() -> None:
    """Each node alone would be allowed."""
    count = MAX_WORK_BYTES // (8 * MAX_ELEMENTS) + 1
    nodes = [helper.make_node("ConstantOfShape", ["n"], [f"y{i}"], name=f"n{i}") for i in range(count)]
    outputs = [helper.make_tensor_value_info(f"y{i}", onnx.TensorProto.FLOAT, None) for i in range(count)]
    constants = [numpy_helper.from_array(ints(MAX_ELEMENTS // 2**10, 2**10), "n")]
    graph = helper.make_graph(nodes, "g", [], outputs, constants)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    from nmcu.operators import parse

    with pytest.raises(ModelError, match="computes on more than"):
        parse(proto.SerializeToString(), "m.onnx")
