"""Regions of functions of each value, cut into slices: IREE gives up to 4,096 values to one workgroup, so to one
core."""

import math

import onnx

from nmcu.graph.ops.foreign import ELEMENTWISE

SLICED = ELEMENTWISE | {"DequantizeLinear", "Identity", "QuantizeLinear"}
"""Operators whose results are functions of the values at the same place, where their constants have one value."""
WORD = 4
"""Slices begin at words, whatever their values are."""


def slice_of(model: bytes, parts: int) -> bytes | None:
    """The model of one of so many equal slices, which is the same for each; None where `model` is not made of functions
    of each value, or cannot be cut equally."""
    network = onnx.load_model_from_string(model)
    graph = network.graph
    ports = (*graph.input, *graph.output)
    shapes = {tuple(d.dim_value for d in port.type.tensor_type.shape.dim) for port in ports}
    constants = {constant.name: math.prod(constant.dims) for constant in graph.initializer}
    shape = shapes.pop()
    single = all(constants.get(name, 1) == 1 for node in graph.node for name in node.input)
    alike = not shapes and single and all(node.op_type in SLICED for node in graph.node)
    if parts == 1 or not alike or not shape or math.prod(shape) % (parts * WORD):
        return None
    for port in ports:
        dims = port.type.tensor_type.shape.dim
        for axis, dim in enumerate(dims):
            dim.dim_value = math.prod(shape) // parts if axis + 1 == len(dims) else 1
    del graph.value_info[:]
    return bytes(network.SerializeToString(deterministic=True))
