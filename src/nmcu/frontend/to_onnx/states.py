"""A state as an input of an ONNX model, and its next value as an output."""

from dataclasses import dataclass

import numpy as np
from onnx import helper

from nmcu.errors import ModelError
from nmcu.frontend.to_onnx.writer import Writer
from nmcu.graph import Graph, State, TensorInfo


@dataclass(frozen=True)
class StatePorts:
    """`input` is read as `state` on the device, `next` on the device is written to `output`; floats, channels last."""

    state: TensorInfo
    next: TensorInfo
    input: TensorInfo
    output: TensorInfo

    def read(self, w: Writer) -> None:
        """The input, quantised."""
        w.quantize(self.input.name, self.state, "last")

    def write(self, w: Writer) -> None:
        """The output."""
        made = w.real(self.next)
        w.nodes.append(
            helper.make_node("Identity", [made], [self.output.name], name=f"output {self.output.name}")
        )


def state_ports(w: Writer, graph: Graph, state: State) -> StatePorts:
    """Names for the input and output of `state`, an int8 one that starts at zero; raises `ModelError` for others."""
    tensor = state.tensor
    if tensor.dtype != "int8" or np.any(state.initial != tensor.zero_point):
        raise ModelError(
            f"state {tensor.name!r} cannot be written as QDQ ONNX: it is {tensor.dtype}, or does not start at zero; "
            "supported: int8 from zero on"
        )
    written = {layer.outputs[0].name: layer.inputs[1] for layer in graph.layers if layer.kind == "keep"}
    value = tensor if state.next is None else written[state.next.name]
    names = w.unique(tensor.name), w.unique(f"{tensor.name} next")
    ports = (TensorInfo(name, tensor.shape, "float32") for name in names)
    return StatePorts(tensor, value, *ports)
