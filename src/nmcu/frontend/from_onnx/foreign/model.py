"""Nodes of a file as an ONNX model again, and the types and shapes that ONNX infers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper, shape_inference

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx.file import STANDARD, File, Node
from nmcu.graph.tensor import Shape

IR_VERSION = 9
GRAPH = "region"
"""What the function of a piece is called."""


@dataclass(frozen=True)
class Kind:
    """NumPy's name of a tensor's type, and its shape where it is known."""

    dtype: str
    shape: Shape | None


def kinds(file: File) -> Mapping[str, Kind]:
    """What ONNX's shape inference finds for the tensors of `file`; nothing for those it does not know."""
    ports = [(port.name, Kind(port.dtype, port.shape)) for port in file.inputs]
    return inferred(
        proto(file.nodes, ports, {p.name: None for p in file.outputs}, file.constants, file.opset)
    )


def inferred(model: onnx.ModelProto) -> Mapping[str, Kind]:
    """The types and shapes of the tensors of `model` that ONNX infers."""
    try:
        graph = shape_inference.infer_shapes(model, data_prop=True).graph
    except (shape_inference.InferenceError, onnx.checker.ValidationError, RuntimeError, ValueError):
        return {}
    return {value.name: _kind(value) for value in (*graph.input, *graph.value_info, *graph.output)}


def proto(
    nodes: Iterable[Node],
    inputs: Sequence[tuple[str, Kind]],
    outputs: Mapping[str, Kind | None],
    constants: Mapping[str, NDArray[Any]],
    opset: int,
) -> onnx.ModelProto:
    """The model of `nodes`; of an output no more than its name may be known."""
    made = [_node(node) for node in nodes]
    domains = {node.domain for node in made} - {STANDARD}
    read = {name for node in made for name in node.input}
    graph = helper.make_graph(
        made,
        GRAPH,
        [_port(name, kind) for name, kind in inputs],
        [_port(name, kind) for name, kind in outputs.items()],
        [numpy_helper.from_array(np.array(a), name) for name, a in constants.items() if name in read],
    )
    opsets = [
        helper.make_opsetid(STANDARD, opset),
        *(helper.make_opsetid(name, 1) for name in sorted(domains)),
    ]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


def _node(node: Node) -> onnx.NodeProto:
    made = helper.make_node(node.op, node.inputs, node.outputs, domain=node.domain)
    for name, value in sorted(node.attributes.items()):
        if isinstance(value, np.ndarray):
            value = numpy_helper.from_array(np.array(value))
        if not isinstance(value, tuple) or value:  # an empty list has no type, and means the default
            made.attribute.append(helper.make_attribute(name, value))
    return made


def _port(name: str, kind: Kind | None) -> onnx.ValueInfoProto:
    if kind is None:
        return helper.make_empty_tensor_value_info(name)
    try:
        element = helper.np_dtype_to_tensor_dtype(np.dtype(kind.dtype))
    except TypeError:
        element = onnx.TensorProto.UNDEFINED
    return helper.make_tensor_value_info(name, element, kind.shape)


def _kind(value: onnx.ValueInfoProto) -> Kind:
    tensor = value.type.tensor_type
    try:
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type)).name
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"tensor {value.name!r} has no type that is known") from error
    dims = tensor.shape.dim
    known = tensor.HasField("shape") and all(d.WhichOneof("value") == "dim_value" for d in dims)
    return Kind(dtype, tuple(d.dim_value for d in dims) if known else None)
