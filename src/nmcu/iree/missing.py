"""Operators of ONNX that IREE 3.13 does not have, written with others."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import helper, numpy_helper


def without_missing(model: bytes) -> bytes:
    """`model`, its Softsign as x / (1 + |x|)."""
    network = onnx.load_model_from_string(model)
    graph = network.graph
    if not any(node.op_type == "Softsign" and not node.domain for node in graph.node):
        return model
    one = f"{graph.name} one"
    graph.initializer.append(numpy_helper.from_array(np.ones((), np.float32), one))
    nodes = [made for node in graph.node for made in _written(node, one)]
    del graph.node[:]
    graph.node.extend(nodes)
    return bytes(network.SerializeToString(deterministic=True))


def _written(node: onnx.NodeProto, one: str) -> Iterator[onnx.NodeProto]:
    if node.op_type != "Softsign" or node.domain:
        yield node
        return
    (x,), (y,) = node.input, node.output
    yield helper.make_node("Abs", [x], [f"{y} size"])
    yield helper.make_node("Add", [f"{y} size", one], [f"{y} divisor"])
    yield helper.make_node("Div", [x, f"{y} divisor"], [y])
