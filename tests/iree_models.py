"""Small ONNX models, and networks whose one layer is one of them, which IREE runs."""

from collections.abc import Sequence
from math import prod

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from nmcu.graph import Builder, Graph, TensorInfo
from nmcu.iree import Region

Shape = tuple[int, ...]
KINDS = {TensorProto.FLOAT: "float32", TensorProto.INT8: "int8"}
Tensors = dict[str, NDArray[np.generic]]


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Shape],
    outputs: dict[str, Shape],
    constants: dict[str, NDArray[np.generic]] | None = None,
    kind: int = TensorProto.FLOAT,
) -> bytes:
    """The model of `nodes`, whose inputs and outputs are of one type."""
    graph = helper.make_graph(
        list(nodes),
        "main",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    opset = [helper.make_opsetid("", 17)]
    made: bytes = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    return made


def region(model: bytes) -> Graph:
    """The graph whose one layer is `model`; its tensors on the device are called as the model's."""
    graph = onnx.load_model_from_string(model).graph
    builder, given = Builder(), []
    for tensor in map(_info, graph.input):
        axes = tuple(range(len(tensor.shape)))
        real = TensorInfo(f"real {tensor.name}", tensor.shape, "float32")
        given.append(builder.input(real, tensor, axes))
    outputs = [_info(port) for port in graph.output]
    op = Region(dims=sum((t.shape for t in outputs), ()), ranks=tuple(len(t.shape) for t in outputs))
    constants = {"model": np.frombuffer(model, np.uint8)}
    for tensor in builder.add("piece", op, given, outputs, constants):
        axes = tuple(range(len(tensor.shape)))
        builder.output(tensor, TensorInfo(f"real {tensor.name}", tensor.shape, "float32"), axes, tensor.shape)
    return builder.finish()


def random_inputs(graph: Graph, seed: int = 0) -> Tensors:
    """Values for all inputs."""
    rng = np.random.default_rng(seed)
    return {t.name: _values(rng, t) for t in graph.inputs}


def _values(rng: np.random.Generator, tensor: TensorInfo) -> NDArray[np.generic]:
    if tensor.dtype == "int8":
        return rng.integers(-128, 128, tensor.shape).astype(np.int8)
    return rng.standard_normal(prod(tensor.shape)).reshape(tensor.shape).astype(np.float32)


def _info(port: onnx.ValueInfoProto) -> TensorInfo:
    kind = port.type.tensor_type
    shape = tuple(d.dim_value for d in kind.shape.dim)
    dtype = KINDS[kind.elem_type]
    return TensorInfo(port.name, shape, dtype, *((1.0, 0) if dtype == "int8" else ()))
