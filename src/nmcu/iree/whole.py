"""A network cut into parts as one MLIR module: IREE's regions in it, nmcu's as external functions."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

from nmcu.graph import Graph, TensorInfo, ops
from nmcu.iree import adapter
from nmcu.iree.external import DOMAIN, External, dispatched
from nmcu.iree.parts import Part

FUNCTION = "network"
IR_VERSION = 9
_TYPES = {
    "int8": onnx.TensorProto.INT8,
    "int32": onnx.TensorProto.INT32,
    "float32": onnx.TensorProto.FLOAT,
}


def module(graph: Graph, parts: Sequence[Part]) -> str:
    """The MLIR text of `graph`, whose function takes and gives device tensors, in the graph's order.

    Raises `IreeError` where IREE cannot import a region.
    """
    joined = _Network(graph)
    for part in parts:
        if part.foreign:
            joined.region(part)
        elif moved(part):
            joined.reshapes(part)
        else:
            joined.call(part)
    externals = [External(name, part.inputs, part.outputs) for name, part in functions(parts)]
    return dispatched(adapter.imported(joined.model(graph)), externals)


def functions(parts: Sequence[Part]) -> list[tuple[str, Part]]:
    """The parts that are external functions, by name."""
    return [(f"part{i}", part) for i, part in enumerate(parts) if not (part.foreign or moved(part))]


def moved(part: Part) -> bool:
    """Whether the part only gives tensors other shapes."""
    return all(isinstance(layer.op, ops.Reshape) for layer in part.layers)


class _Network:
    """The ONNX model under construction: device tensors by names of its own."""

    def __init__(self, graph: Graph) -> None:
        self._names: dict[str, str] = {}
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._infos: list[onnx.ValueInfoProto] = []
        self._opsets: dict[str, int] = {DOMAIN: 1}
        self._calls = 0
        self._inputs = [self._value(info) for info in graph.inputs]

    def call(self, part: Part) -> None:
        """The next of `functions`, where that is a part of nmcu's."""
        inputs = [self._names[info.name] for info in part.inputs]
        values = [self._value(info) for info in part.outputs]
        self._infos += values
        op = f"part{self._calls}"
        self._calls += 1
        self._nodes.append(helper.make_node(op, inputs, [v.name for v in values], domain=DOMAIN))

    def reshapes(self, part: Part) -> None:
        """Of a part that only gives tensors other shapes."""
        self._calls += 1
        for layer in part.layers:
            self._shape(
                self._names[layer.inputs[0].name], layer.outputs[0].shape, self._value(layer.outputs[0]).name
            )

    def region(self, part: Part) -> None:
        """The nodes of one of IREE's regions."""
        (layer,) = part.layers
        own = onnx.load_model_from_string(layer.constants["model"].tobytes())
        prefix = f"r{self._calls}_"
        self._calls += 1
        for info, port in zip(layer.inputs, own.graph.input, strict=True):
            shape = tuple(d.dim_value for d in port.type.tensor_type.shape.dim)
            self._shape(self._names[info.name], shape, prefix + port.name)
        for node in own.graph.node:
            node.input[:] = [prefix + name if name else "" for name in node.input]
            node.output[:] = [prefix + name if name else "" for name in node.output]
            self._nodes.append(node)
        for constant in own.graph.initializer:
            constant.name = prefix + constant.name
            self._constants.append(constant)
        for info, port in zip(layer.outputs, own.graph.output, strict=True):
            self._shape(prefix + port.name, info.shape, self._value(info).name)
        for opset in own.opset_import:
            self._opsets[opset.domain] = max(opset.version, self._opsets.get(opset.domain, 1))

    def model(self, graph: Graph) -> bytes:
        """The model's bytes."""
        outputs = [self._port(self._names[info.name], info) for info in graph.outputs]
        made = helper.make_graph(
            self._nodes, FUNCTION, self._inputs, outputs, self._constants, value_info=self._infos
        )
        self._opsets.setdefault("", 17)
        opsets = [helper.make_opsetid(domain, version) for domain, version in self._opsets.items()]
        model = helper.make_model(made, opset_imports=opsets, ir_version=IR_VERSION)
        return bytes(model.SerializeToString(deterministic=True))

    def _shape(self, x: str, shape: tuple[int, ...], output: str) -> None:
        name = f"{output}_shape"
        self._constants.append(numpy_helper.from_array(np.array(shape, np.int64), name))
        self._nodes.append(helper.make_node("Reshape", [x, name], [output]))

    def _value(self, info: TensorInfo) -> onnx.ValueInfoProto:
        self._names[info.name] = name = f"d{len(self._names)}"
        return self._port(name, info)

    def _port(self, name: str, info: TensorInfo) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, _TYPES[info.dtype], info.shape)
