"""A network as text, a line a node."""

from collections.abc import Mapping, Sequence

import onnx
from onnx import helper, numpy_helper

from nmcu.bench.differential.onnx.network import Network

SHOWN = 12
"""Constants with more elements are shown by type and shape."""


def described(net: Network, outputs: Sequence[onnx.ValueInfoProto]) -> str:
    """Inputs with shape, scale and zero point; nodes; outputs."""
    known = {i.name: _value(i) for i in net.initializers}
    known |= {n.output[0]: _constant(n) for n in net.nodes if n.op_type == "Constant"}
    lines = [f"opset {net.opset}"]
    lines += [
        f"{kind} input {name!r} {shape}, quantised by {quant}"
        for name, (shape, quant, kind) in net.feeding.items()
    ]
    lines += [_line(node, known) for node in net.nodes if node.op_type != "Constant"]
    return "\n".join([*lines, f"outputs {', '.join(repr(o.name) for o in outputs)}"])


def _value(tensor: onnx.TensorProto) -> str:
    array = numpy_helper.to_array(tensor)
    return f"{array.dtype}{array.tolist() if array.size <= SHOWN else list(array.shape)}"


def _constant(node: onnx.NodeProto) -> str:
    value = helper.get_attribute_value(node.attribute[0])
    return _value(value) if isinstance(value, onnx.TensorProto) else repr(value)


def _line(node: onnx.NodeProto, known: Mapping[str, str]) -> str:
    inputs = ", ".join(known.get(name, repr(name)) for name in node.input)
    attributes = "".join(f", {a.name}={helper.get_attribute_value(a)!r}" for a in node.attribute)
    return f"{', '.join(map(repr, node.output))} = {node.op_type}({inputs}{attributes})"
