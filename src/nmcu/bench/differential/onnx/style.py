"""How a file is written, whatever the network: names, constants as initializers or nodes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import NodeProto, helper, numpy_helper

from nmcu.graph.op import Array


@dataclass(frozen=True)
class Style:
    """`names`, `node_names`: the form of the names of tensors and of nodes.

    `as_nodes`: constants are Constant nodes, `typed` those in their short forms; `lists`: scales are lists of one;
    `apart`: each reader has a DequantizeLinear of its own; `batch`: the leading axis of maps is dynamic.
    """

    names: str = "{word}{n}"
    node_names: str = "{word}{n} node"
    as_nodes: bool = False
    typed: bool = False
    lists: bool = False
    apart: bool = False
    batch: bool = False


NAMES = (
    "{word}{n}",
    "/net/{word}/{n}_output:0",
    "шаг é {word} 特征 {n}",
    'it\'s "{word}"\n{n}',
    "{n}" + "long " * 60,
)
NODE_NAMES = ("{word}{n} node", "", "шаг 'x' \"{n}\"", "{n}")


def constant_node(array: Array, name: str, typed: bool) -> NodeProto:
    """`array` as a Constant node called `name`, in a short form where there is one for it."""
    short: dict[str, Any] = {}
    if typed and array.size and array.ndim < 2 and array.dtype in (np.float32, np.int64):
        kind = "value_float" if array.dtype == np.float32 else "value_int"
        short = {kind + ("s" if array.ndim else ""): array.tolist()}
    return helper.make_node("Constant", [], [name], **(short or {"value": numpy_helper.from_array(array)}))
