"""A region of the network becomes one layer: the ONNX model of its nodes, and what crosses its border."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from nmcu.frontend.from_onnx import device, floats, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.file import STANDARD, Node
from nmcu.frontend.from_onnx.foreign import model
from nmcu.frontend.from_onnx.foreign.model import Kind
from nmcu.frontend.from_onnx.foreign.network import BORDER
from nmcu.frontend.from_onnx.layout import Axes
from nmcu.frontend.from_onnx.values import (
    Const,
    Floats,
    Integers,
    Pending,
    QuantConst,
    Quantised,
    Real,
    Source,
    Value,
)
from nmcu.frontend.lower.shape import device_shape
from nmcu.graph import TensorInfo
from nmcu.graph.ops.foreign import ELEMENTWISE
from nmcu.graph.tensor import Shape

_DOMAIN = "nmcu"
"""Of a node that stands for a region."""
NODES = "nodes"
"""Its attribute: the nodes, in execution order."""
MOST_NAMED = 5
"""Operators of a region that messages name."""
_UINT8, _INT8, _INT32, _INT64 = 2, 3, 6, 7
"""ONNX's numbers of the types."""


def node_of(nodes: Sequence[Node], inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Node:
    """The node that stands for `nodes`, in execution order."""
    return Node(_title(nodes), _operators(nodes), _DOMAIN, inputs, outputs, {NODES: tuple(nodes)})


def is_region(node: Node) -> bool:
    """Whether `node` stands for a region; no file's node does."""
    nodes = node.attributes.get(NODES)
    return node.domain == _DOMAIN and isinstance(nodes, tuple) and any(isinstance(n, Node) for n in nodes)


def is_elementwise(node: Node) -> bool:
    """Whether places mean nothing to a region where its tensors have one shape."""
    return all(each.op in (*ELEMENTWISE, *BORDER) for each in node.attributes[NODES])


def _title(nodes: Sequence[Node]) -> str:
    """What messages and tables call a region: its only operator, or its first and last."""
    known = _computing(nodes)
    first, last = known[0].name, known[-1].name
    return first if first == last else f"{first} to {last}"


def _operators(nodes: Sequence[Node]) -> str:
    """What messages call the operator of a region: its first few."""
    names = list(dict.fromkeys(node.op for node in _computing(nodes)))
    return ", ".join([*names[:MOST_NAMED], *(["..."] if len(names) > MOST_NAMED else [])])


def _computing(nodes: Sequence[Node]) -> list[Node]:
    return [node for node in nodes if node.op not in BORDER] or list(nodes)


def region(c: Context) -> None:
    """A region of nodes that another compiler runs."""
    assert c.foreign is not None
    given = {name: _given(c, c.known[name]) for name in c.node.inputs}
    piece = _Piece(c, _order(c, list(given.values())))
    for name, value in given.items():
        piece.take(name, value)
    outputs = piece.finish(c.node.outputs)
    shapes = [device_shape(layout.permuted(output.shape, output.axes)) for output in outputs]
    op = c.foreign(dims=tuple(itertools.chain(*shapes)), ranks=tuple(map(len, shapes)))
    constants = {"model": np.frombuffer(piece.data(), np.uint8)}
    made = c.builder.add(c.node.name, op, piece.tensors, [output.info for output in outputs], constants)
    for output, tensor in zip(outputs, made, strict=True):
        c.known[output.info.name] = _meaning(output, tensor)


@dataclass(frozen=True)
class _Output:
    """An output of the region: the tensor it becomes; its shape in the file, whose axes lie in the order `axes`;
    `unsigned` if the file's integers are."""

    info: TensorInfo
    shape: Shape
    axes: Axes
    unsigned: bool = False


def _given(c: Context, value: Value) -> Value:
    """What the region reads for `value`: int8 tensors as they are, other results as float32."""
    plain = isinstance(value, Floats) or (isinstance(value, Real) and value.values is None)
    return value if plain or not isinstance(value, Real | Pending | Source) else floats.of(c, value)


def _order(c: Context, values: Sequence[Value]) -> Axes | None:
    """The order in which tensors lie that the region can leave as it is: one for all, where places mean nothing."""
    if not is_elementwise(c.node):
        return None
    tensors = [v for v in values if not isinstance(v, Const | QuantConst)]
    if any(v.shape and math.prod(v.shape) > 1 for v in values if isinstance(v, Const | QuantConst)):
        return None
    orders = {(v.shape, v.axes) for v in tensors if isinstance(v, Real) and v.flat is None}
    return next(iter(orders))[1] if len(orders) == 1 and all(isinstance(v, Real) for v in tensors) else None


def _meaning(output: _Output, tensor: TensorInfo) -> Value:
    if tensor.dtype == "int32":
        return Integers(tensor, output.shape, output.axes)
    if tensor.dtype == "float32":
        return Floats(tensor, output.shape, output.axes)
    key = output.info.name
    return Quantised(key, Real(tensor, output.shape, output.axes), output.info, output.unsigned, key=key)


class _Piece:
    """The ONNX model of a region under construction: names of its own, int8 tensors at its border.

    Its tensors lie in the order `axes`; None for the file's own.
    """

    def __init__(self, c: Context, axes: Axes | None) -> None:
        self._axes = axes
        self.tensors: list[TensorInfo] = []
        """What the layer reads, in order."""
        self._c = c
        self._nodes: list[Node] = []
        self._constants: dict[str, NDArray[Any]] = {}
        self._ports: list[tuple[str, Kind]] = []
        self._outputs: dict[str, Kind | None] = {}
        self._names: dict[str, str] = {"": ""}
        self._count = 0

    def take(self, name: str, value: Value) -> None:
        """Input `name` of the region, which stands for `value`."""
        own = self._own(name)
        if isinstance(value, Const):
            self._constants[own] = value.array
        elif isinstance(value, QuantConst):
            zeros = value.zero_point.astype(value.ints.dtype)
            self._real(self._constant(value.ints), value.scale, zeros, own, value.axis)
        elif isinstance(value, Integers):
            port = self._port(Real(value.tensor, value.shape, value.axes))
            self._add("Cast", [port], own, to=_INT64)
        elif isinstance(value, Quantised):
            self._integers(value, own)
        elif isinstance(value, Floats):
            self._add("Identity", [self._port(value)], own)
        elif isinstance(value, Real):
            scale, zero = value.tensor.quant
            one, code = np.array([scale], np.float32), np.array([zero], np.int8)
            self._real(self._port(value), one, code, own)
        else:
            raise self._c.error(f"reads {name!r}, which is nothing that another compiler can be given")

    def finish(self, names: Sequence[str]) -> list[_Output]:
        """Append the region's nodes; its outputs `names`."""
        written: dict[str, Node] = {}
        for node in self._c.node.attributes[NODES]:
            inputs, outputs = ([self._own(name) for name in side] for side in (node.inputs, node.outputs))
            self._nodes.append(Node("", node.op, node.domain, tuple(inputs), tuple(outputs), node.attributes))
            written |= dict.fromkeys(node.outputs, node)
        found = model.inferred(self._proto({self._own(name): None for name in names}))
        return [self._output(name, written[name], found.get(self._own(name))) for name in names]

    def data(self) -> bytes:
        """The model's bytes, the same for the same region."""
        return bytes(self._proto(self._outputs).SerializeToString(deterministic=True))

    def _proto(self, outputs: Mapping[str, Kind | None]) -> onnx.ModelProto:
        return model.proto(self._nodes, self._ports, outputs, self._constants, self._c.file.opset)

    def _output(self, name: str, node: Node, kind: Kind | None) -> _Output:
        """An output is float32, int32, or int8 by a QuantizeLinear of its own, whatever the file's type is."""
        if kind is None or kind.shape is None:
            raise self._c.error(
                f"the shape of its result {name!r} is not known before it runs; export the model with fixed sizes, "
                "or without what depends on values"
            )
        own = self._own(name)
        axes = self._axes or layout.identity(len(kind.shape))
        shape = layout.permuted(kind.shape, layout.inverse(axes))
        if node.op == "QuantizeLinear":
            scale, zero = self._known(node.inputs[1]), self._zero(node)
            shift = 128 if zero.dtype == np.uint8 else 0
            codes = np.array(int(zero.reshape(-1)[0]) - shift, np.int8)
            inputs = [self._own(node.inputs[0]), self._constant(scale.reshape(())), self._constant(codes)]
            self._outputs[self._add("QuantizeLinear", inputs)] = Kind("int8", kind.shape)
            info = TensorInfo(name, (), "int8", float(scale.reshape(-1)[0]), int(codes))
            return _Output(info, shape, axes, shift != 0)
        if kind.dtype == "int64":
            self._outputs[self._add("Cast", [own], to=_INT32)] = Kind("int32", kind.shape)
            return _Output(TensorInfo(name, (), "int32"), shape, axes)
        if kind.dtype != "float32":
            raise self._c.error(
                f"its result {name!r} has type {kind.dtype}; supported: float32, int64 and what is quantised"
            )
        self._outputs[own] = kind
        return _Output(TensorInfo(name, (), "float32"), shape, axes)

    def _zero(self, node: Node) -> NDArray[Any]:
        if len(node.inputs) > 2 and node.inputs[2]:
            return self._known(node.inputs[2])
        return np.zeros((), np.int8 if node.attributes.get("output_dtype") == _INT8 else np.uint8)

    def _known(self, name: str) -> NDArray[Any]:
        """A constant input of a QuantizeLinear at the end: `collapse` takes in no other."""
        value = self._c.known[name]
        assert isinstance(value, Const)
        return value.array

    def _integers(self, value: Quantised, own: str) -> None:
        """Codes as the file has them."""
        port = self._port(device.force(self._c, value))
        if not value.unsigned:
            self._add("Identity", [port], own)
            return
        wide = self._add("Cast", [port], to=_INT32)
        moved = self._add("Add", [wide, self._constant(np.array(128, np.int32))])
        self._add("Cast", [moved], own, to=_UINT8)

    def _port(self, value: Real) -> str:
        """A device tensor as an input."""
        axes = self._axes or layout.identity(len(value.shape))
        tensor = device.conform(self._c, value, axes)
        self.tensors.append(tensor)
        name = self._fresh()
        self._ports.append((name, Kind(tensor.dtype, layout.permuted(value.shape, axes))))
        return name

    def _real(self, integers: str, scale: NDArray[Any], zero: NDArray[Any], own: str, axis: int = 0) -> None:
        each = scale.shape if scale.size > 1 else ()
        zeros = np.broadcast_to(zero.reshape(-1), scale.shape).reshape(each)
        inputs = [integers, self._constant(scale.reshape(each)), self._constant(zeros)]
        self._add("DequantizeLinear", inputs, own, **({"axis": axis} if each else {}))

    def _add(self, op: str, inputs: Sequence[str], output: str = "", **attributes: int) -> str:
        output = output or self._fresh()
        self._nodes.append(Node("", op, STANDARD, tuple(inputs), (output,), attributes))
        return output

    def _constant(self, array: NDArray[Any]) -> str:
        name = self._fresh()
        self._constants[name] = array
        return name

    def _own(self, name: str) -> str:
        """What the piece calls tensor `name` of the file: nothing of a stranger's gets into other compilers."""
        if name not in self._names:
            self._names[name] = self._fresh()
        return self._names[name]

    def _fresh(self) -> str:
        self._count += 1
        return f"t{self._count}"
