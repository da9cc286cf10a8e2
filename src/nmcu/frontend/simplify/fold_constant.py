"""An operator on two tensors, one of them constant, becomes a table: look-ups cost less than sums and products of
broadcast operands, and a table that keeps every code (a normalisation of the input, often) costs nothing."""

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from nmcu.frontend.simplify.edit import remove_unread, retable
from nmcu.graph import Graph, Layer, ops

MOST_CHANNELS = 8
"""A table for each channel, 256 bytes each, only for so few: the colours of an image."""
_CODES = np.arange(-128, 128).astype(np.int8)
_BINARY = (ops.Add.__name__, ops.Mul.__name__, ops.Extremum.__name__)


def fold_constant(graph: Graph) -> None:
    """Replace each such operator whose constant is one value, or one for each of few channels."""
    for node in list(graph.model.graph):
        if node.op_type not in _BINARY:
            continue
        constants = [_constant(graph, value) for value in node.inputs]
        layer = graph.read(node)
        for position in (0, 1):
            constant, other = constants[position], layer.inputs[1 - position]
            if (
                constant is None
                or constants[1 - position] is not None
                or other.shape != layer.outputs[0].shape
            ):
                continue
            table = _table(layer, constant, position, other.shape[-1])
            if table is not None:
                source, producer = node.inputs[1 - position], node.inputs[position]
                assert source is not None and producer is not None
                made = producer.producer()
                retable(graph, node, source, ops.Table(function=layer.kind), table)
                remove_unread(graph, [made] if made is not None else [])
                break


def _constant(graph: Graph, value: ir.Value | None) -> NDArray[np.int8] | None:
    """What the tensor always is, if the model says so."""
    made = None if value is None else value.producer()
    if made is None or made.op_type != ops.Constant.__name__:
        return None
    found: NDArray[np.int8] = graph.read(made).constants["value"]
    return found


def _table(layer: Layer, constant: NDArray[np.int8], position: int, channels: int) -> NDArray[np.int8] | None:
    """The results for every code, of all channels or of each; None where they depend on the place, too."""
    if (constant == constant.flat[0]).all():
        values = constant.reshape(-1)[:1, np.newaxis]
    elif constant.size == constant.shape[-1] == channels <= MOST_CHANNELS:
        values = constant.reshape(channels, 1)
    else:
        return None
    operands = [_CODES[np.newaxis], values]
    (table,) = layer.op.reference(operands if position else operands[::-1], {})
    result: NDArray[np.int8] = table
    return result[0] if len(result) == 1 else result
