"""All operators of the integer graph, one module each; `REGISTRY` finds those by name that graphs have."""

from collections.abc import Mapping
from types import MappingProxyType

from nmcu.graph.op import Op
from nmcu.graph.ops.add import Add
from nmcu.graph.ops.arg_max import ArgMax
from nmcu.graph.ops.attention_scores import AttentionScores
from nmcu.graph.ops.attention_values import AttentionValues
from nmcu.graph.ops.average_pool import AveragePool
from nmcu.graph.ops.concat import Concat
from nmcu.graph.ops.constant import Constant
from nmcu.graph.ops.conv2d import Conv2d
from nmcu.graph.ops.conv_add import ConvAdd
from nmcu.graph.ops.convert import Convert
from nmcu.graph.ops.decode import Decode
from nmcu.graph.ops.depthwise import Depthwise
from nmcu.graph.ops.dequantize import Dequantize
from nmcu.graph.ops.dilate import Dilate
from nmcu.graph.ops.div import Div
from nmcu.graph.ops.encode import Encode
from nmcu.graph.ops.extremum import Extremum
from nmcu.graph.ops.float_constant import FloatConstant
from nmcu.graph.ops.float_map import FloatMap
from nmcu.graph.ops.float_pair import FloatPair
from nmcu.graph.ops.float_rows import FloatRows
from nmcu.graph.ops.float_table import FloatTable
from nmcu.graph.ops.foreign import Foreign
from nmcu.graph.ops.gather import Gather
from nmcu.graph.ops.gru import Gru
from nmcu.graph.ops.layer_norm import LayerNorm
from nmcu.graph.ops.linear import Linear
from nmcu.graph.ops.log_softmax import LogSoftmax
from nmcu.graph.ops.looked_up import ConvTable, LinearTable, LookedUp, looked_up
from nmcu.graph.ops.lstm import Lstm
from nmcu.graph.ops.max_pool import MaxPool
from nmcu.graph.ops.mul import Mul
from nmcu.graph.ops.pad import Pad
from nmcu.graph.ops.quantize import Quantize
from nmcu.graph.ops.read_state import ReadState
from nmcu.graph.ops.reshape import Reshape
from nmcu.graph.ops.resize_bilinear import ResizeBilinear
from nmcu.graph.ops.resize_nearest import ResizeNearest
from nmcu.graph.ops.slice import Slice
from nmcu.graph.ops.softmax import Softmax
from nmcu.graph.ops.squared_difference import SquaredDifference
from nmcu.graph.ops.svdf import Svdf
from nmcu.graph.ops.table import Table
from nmcu.graph.ops.transpose import Transpose
from nmcu.graph.ops.write_state import WriteState

_ALL: tuple[type[Op], ...] = (
    Add,
    ArgMax,
    AttentionScores,
    AttentionValues,
    AveragePool,
    Concat,
    Constant,
    Conv2d,
    ConvAdd,
    Convert,
    Decode,
    Depthwise,
    Dequantize,
    Dilate,
    Div,
    Encode,
    Extremum,
    Gather,
    Gru,
    FloatConstant,
    FloatMap,
    FloatPair,
    FloatRows,
    FloatTable,
    LayerNorm,
    Linear,
    LogSoftmax,
    Lstm,
    MaxPool,
    Mul,
    Pad,
    ReadState,
    Quantize,
    Reshape,
    ResizeBilinear,
    ResizeNearest,
    Slice,
    Softmax,
    SquaredDifference,
    Svdf,
    Table,
    Transpose,
    WriteState,
)

REGISTRY: Mapping[str, type[Op]] = MappingProxyType({op.__name__: op for op in _ALL})

__all__ = [
    "REGISTRY",
    "Add",
    "ArgMax",
    "AttentionScores",
    "AttentionValues",
    "AveragePool",
    "Concat",
    "Constant",
    "Conv2d",
    "ConvAdd",
    "ConvTable",
    "Convert",
    "Decode",
    "Depthwise",
    "Dequantize",
    "Dilate",
    "Div",
    "Encode",
    "Extremum",
    "FloatConstant",
    "FloatMap",
    "FloatPair",
    "FloatRows",
    "FloatTable",
    "Foreign",
    "Gather",
    "Gru",
    "LayerNorm",
    "Linear",
    "LinearTable",
    "LogSoftmax",
    "LookedUp",
    "Lstm",
    "MaxPool",
    "Mul",
    "Op",
    "Pad",
    "Quantize",
    "ReadState",
    "Reshape",
    "ResizeBilinear",
    "ResizeNearest",
    "Slice",
    "Softmax",
    "SquaredDifference",
    "Svdf",
    "Table",
    "Transpose",
    "WriteState",
    "looked_up",
]
