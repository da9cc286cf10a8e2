"""Masks of what is no number: a quotient of zeros, say, of which every runtime makes another integer."""

from collections.abc import Mapping

import onnx
from onnx import TensorProto, helper

_MOVES = frozenset(
    {
        *("Clip", "Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose"),
        *("Expand", "Gather", "Pad", "Slice", "Split", "Tile"),
    }
)
"""Operators that make of integers, the first input, the same integers elsewhere."""


def masked(graph: onnx.GraphProto) -> dict[str, str]:
    """Adds to `graph` a uint8 tensor of 0 and 1 for each one that is quantised from floats it computes, or moved from
    such integers: which elements were no numbers. Returns the tensor of each mask."""
    casts = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Cast"}
    written = {name for node in graph.node for name in node.output}
    masks: dict[str, str] = {}
    made: list[onnx.NodeProto] = []
    for node in graph.node:
        if not node.input or not node.output:
            continue
        if node.op_type == "QuantizeLinear":
            if (source := _before(casts, node.input[0])) in written:
                masks[node.output[0]] = _mask(node.output[0])
                made += _of_floats(source, _mask(node.output[0]))
        elif node.op_type in _MOVES and node.input[0] in masks:
            masks |= {name: _mask(name) for name in node.output}
            made.append(_twin(node))
    graph.node.extend(made)
    return {mask: name for name, mask in masks.items()}


def _mask(name: str) -> str:
    return f"{name}\0mask"


def _of_floats(source: str, mask: str) -> list[onnx.NodeProto]:
    as_float, true = f"{mask} float", f"{mask} true"
    return [
        helper.make_node("Cast", [source], [as_float], to=TensorProto.FLOAT),
        helper.make_node("IsNaN", [as_float], [true]),
        helper.make_node("Cast", [true], [mask], to=TensorProto.UINT8),  # which every operator moves
    ]


def _twin(node: onnx.NodeProto) -> onnx.NodeProto:
    """`node`, moving the mask of what it moves."""
    twin = onnx.NodeProto()
    twin.CopyFrom(node)
    twin.name = ""
    twin.input[0] = _mask(node.input[0])
    twin.output[:] = [_mask(name) for name in node.output]
    if node.op_type == "Clip":
        twin.op_type = "Identity"
        del twin.input[1:], twin.attribute[:]
    elif node.op_type == "Pad" and len(twin.input) > 2:
        twin.input[2] = ""  # what it adds is a number
    return twin


def _before(casts: Mapping[str, str], name: str) -> str:
    """What `name` was cast from: an integer that was made of no number does not show it any more."""
    for _ in casts:
        name = casts.get(name, name)
    return name
