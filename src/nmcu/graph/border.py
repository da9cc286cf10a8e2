"""The border: between the model's own inputs and outputs and the int8 tensors the device sees."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from nmcu.errors import ModelError
from nmcu.graph import ops
from nmcu.graph.layer import Layer, from_node
from nmcu.graph.op import Array
from nmcu.graph.tensor import TensorInfo, from_value


@dataclass(frozen=True, eq=False)
class Border:
    """Encodes the model's inputs for the device and decodes the device's outputs."""

    model_inputs: tuple[TensorInfo, ...]
    model_outputs: tuple[TensorInfo, ...]
    encoders: tuple[Layer, ...]
    decoders: tuple[Layer, ...]

    def encode(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Device tensors (int8, NHWC) by name, from arrays in the model's own dtype and layout by name.

        Raises `ModelError` for a missing input, another shape or another dtype.
        """
        for info in self.model_inputs:
            _check(info, inputs)
        return {e.outputs[0].name: e.op.reference([inputs[e.inputs[0].name]], {})[0] for e in self.encoders}

    def decode(self, outputs: Mapping[str, Array]) -> dict[str, Array]:
        """The model's outputs by name in its own dtype and layout, from device tensors by name."""
        return {d.outputs[0].name: d.op.reference([outputs[d.inputs[0].name]], {})[0] for d in self.decoders}


def border(graph: ir.Model) -> Border:
    """The border of `graph`."""
    return Border(
        model_inputs=tuple(from_value(value) for value in graph.graph.inputs),
        model_outputs=tuple(from_value(value) for value in graph.graph.outputs),
        encoders=_nodes(graph, ops.Encode.__name__),
        decoders=_nodes(graph, ops.Decode.__name__),
    )


def inputs(graph: ir.Model) -> tuple[TensorInfo, ...]:
    """The tensors the device reads, in the order of the model's inputs."""
    return tuple(layer.outputs[0] for layer in _nodes(graph, ops.Encode.__name__))


def outputs(graph: ir.Model) -> tuple[TensorInfo, ...]:
    """The tensors the device writes for the host, each once."""
    return tuple({d.inputs[0].name: d.inputs[0] for d in _nodes(graph, ops.Decode.__name__)}.values())


def random_inputs(graph: ir.Model, seed: int = 0) -> dict[str, Array]:
    """Seeded random inputs by name in the model's own dtype and layout, spread over the whole int8 range."""
    rng = np.random.default_rng(seed)
    feeds: dict[str, Array] = {}
    for layer in _nodes(graph, ops.Encode.__name__):
        info = layer.inputs[0]
        if info.name in feeds:
            continue
        q = rng.integers(-128, 128, info.shape, np.int64)
        if info.dtype == "float32":
            scale, zero = layer.outputs[0].quant
            feeds[info.name] = ((q - zero) * scale).astype(np.float32)
        else:
            feeds[info.name] = (q + (128 if info.dtype == "uint8" else 0)).astype(info.dtype)
    return feeds


def _nodes(graph: ir.Model, op_type: str) -> tuple[Layer, ...]:
    return tuple(from_node(node) for node in graph.graph if node.op_type == op_type)


def _check(info: TensorInfo, arrays: Mapping[str, Array]) -> None:
    needed = f"it needs {info.dtype} of shape {info.shape}"
    if info.name not in arrays:
        raise ModelError(f"input {info.name!r} is missing: {needed}")
    array = arrays[info.name]
    if array.shape != info.shape or str(array.dtype) != info.dtype:
        raise ModelError(f"input {info.name!r} is {array.dtype} of shape {array.shape}; {needed}")
