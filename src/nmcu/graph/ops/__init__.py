"""All operators of the integer graph, one module each; `REGISTRY` finds them by name."""

from collections.abc import Mapping
from types import MappingProxyType

from nmcu.graph.op import Op
from nmcu.graph.ops.add import Add
from nmcu.graph.ops.average_pool import AveragePool
from nmcu.graph.ops.constant import Constant
from nmcu.graph.ops.conv2d import Conv2d
from nmcu.graph.ops.decode import Decode
from nmcu.graph.ops.depthwise import Depthwise
from nmcu.graph.ops.encode import Encode
from nmcu.graph.ops.linear import Linear
from nmcu.graph.ops.max_pool import MaxPool
from nmcu.graph.ops.pad import Pad
from nmcu.graph.ops.reshape import Reshape
from nmcu.graph.ops.softmax import Softmax
from nmcu.graph.ops.table import Table
from nmcu.graph.ops.transpose import Transpose

_ALL: tuple[type[Op], ...] = (
    Add,
    Constant,
    Transpose,
    AveragePool,
    Conv2d,
    Decode,
    Depthwise,
    Encode,
    Linear,
    MaxPool,
    Pad,
    Reshape,
    Softmax,
    Table,
)

REGISTRY: Mapping[str, type[Op]] = MappingProxyType({op.__name__: op for op in _ALL})

__all__ = [
    "REGISTRY",
    "Add",
    "AveragePool",
    "Constant",
    "Conv2d",
    "Decode",
    "Depthwise",
    "Encode",
    "Linear",
    "MaxPool",
    "Op",
    "Pad",
    "Reshape",
    "Softmax",
    "Table",
    "Transpose",
]
