"""TFLite operators that nmcu does not run, as pieces for another compiler: those whose meaning an ONNX operator has."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.frontend.from_onnx.file import STANDARD, Node
from nmcu.frontend.from_onnx.foreign import model
from nmcu.frontend.from_onnx.foreign.model import Kind
from nmcu.frontend.from_tflite import floats
from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower.shape import device_shape
from nmcu.graph import TensorInfo, ops

OPSET = 17

Meaning = Callable[[Context, tuple[str, ...]], tuple[Node, Mapping[str, NDArray[Any]]]]
"""The node, which writes `y`, for the activations that it reads, and its constants."""


def _plain(op: str) -> Meaning:
    return lambda c, inputs: (_node(op, inputs), {})


def _clip(c: Context, inputs: tuple[str, ...]) -> tuple[Node, Mapping[str, NDArray[Any]]]:
    bounds = {"low": np.float32(0), "high": np.float32(1)}
    return _node("Clip", (*inputs, *bounds)), {name: np.asarray(value) for name, value in bounds.items()}


def _product(c: Context, inputs: tuple[str, ...]) -> tuple[Node, Mapping[str, NDArray[Any]]]:
    kept = int(c.options(tflite.ReducerOptions).KeepDims())
    return _node("ReduceProd", inputs, axes=c.ints(1), keepdims=kept), {}


def _running_sum(c: Context, inputs: tuple[str, ...]) -> tuple[Node, Mapping[str, NDArray[Any]]]:
    options = c.options(tflite.CumsumOptions)
    flags = {"exclusive": int(options.Exclusive()), "reverse": int(options.Reverse())}
    return _node("CumSum", (*inputs, "axis"), **flags), {"axis": np.array(c.ints(1)[0], np.int64)}


OPERATORS: Mapping[str, Meaning] = MappingProxyType(
    {
        "ADD_N": _plain("Sum"),
        "CEIL": _plain("Ceil"),
        "COS": _plain("Cos"),
        "CUMSUM": _running_sum,
        "FLOOR": _plain("Floor"),
        "REDUCE_PROD": _product,
        "RELU_0_TO_1": _clip,
        "ROUND": _plain("Round"),
        "SIGN": _plain("Sign"),
        "SIN": _plain("Sin"),
    }
)


def read(c: Context, foreign: type[ops.Foreign]) -> None:
    """The operator as a layer of its own that another compiler runs, between int8 or float32 tensors."""
    activations = [i for i in range(len(c.op.inputs)) if c.tensor(i).data is None]
    tensors = [floats.x(c, i) if c.tensor(i).dtype == "float32" else c.x(i) for i in activations]
    given = [(f"x{i}", x, c.tensor(i).shape) for i, x in zip(activations, tensors, strict=True)]
    ports = [(name, Kind(x.dtype, shape)) for name, x, shape in given]
    nodes: list[Node] = []
    constants: dict[str, NDArray[Any]] = {}
    reals = tuple(_real(name, x, nodes, constants) for name, x, _ in given)
    node, own = OPERATORS[c.op.code](c, reals)
    nodes.append(node)
    constants |= own
    y, shape = c.y(), c.file.tensors[c.op.outputs[0]].shape
    result = _result(y, nodes, constants)
    proto = model.proto(nodes, ports, {result: Kind(y.dtype, shape)}, constants, OPSET)
    data = proto.SerializeToString(deterministic=True)
    dims = device_shape(shape)
    made = c.builder.add(
        c.name, foreign(dims=dims, ranks=(len(dims),)), tensors, [y], {"model": np.frombuffer(data, np.uint8)}
    )
    c.write(made[0])


def _real(name: str, info: TensorInfo, nodes: list[Node], constants: dict[str, NDArray[Any]]) -> str:
    """What is read for the device tensor `info`, at the border called `name`: float32."""
    if info.dtype == "float32":
        return name
    nodes.append(_quantised("DequantizeLinear", name, f"{name}_real", info, constants))
    return f"{name}_real"


def _result(info: TensorInfo, nodes: list[Node], constants: dict[str, NDArray[Any]]) -> str:
    """What `y` leaves the piece as."""
    if info.dtype == "float32":
        return "y"
    nodes.append(_quantised("QuantizeLinear", "y", "y_codes", info, constants))
    return "y_codes"


def _quantised(op: str, x: str, y: str, info: TensorInfo, constants: dict[str, NDArray[Any]]) -> Node:
    scale, zero = info.quant
    constants |= {f"{y}_scale": np.array(scale, np.float32), f"{y}_zero": np.array(zero, np.int8)}
    return Node("", op, STANDARD, (x, f"{y}_scale", f"{y}_zero"), (y,), {})


def _node(op: str, inputs: tuple[str, ...], **attributes: Any) -> Node:
    return Node("", op, STANDARD, inputs, ("y",), attributes)
