"""Small TFLite models written operator by operator: no converter is needed, and none limits what a file may say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

FIRST_VERSION = (
    *("RESHAPE", "PRELU", "ELU", "RELU_N1_TO_1", "HARD_SWISH", "EXP", "SQRT", "NEG", "SQUEEZE"),
    *("EXPAND_DIMS", "GELU", "RSQRT"),
)
TYPES = {"int8": 9, "int32": 2, "float32": 0, "uint8": 3, "int64": 4, "int16": 7, "int4": 17}
Codes = Literal["both", "older", "newer"]
"""Which fields name the operators: `builtin_code`, the deprecated one of eight bits, or both."""


@dataclass
class Tensor:
    """One tensor as the file will hold it; `data` is None where it is no constant."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: tuple[float, ...]
    zero: int
    axis: int
    data: NDArray[Any] | None
    shared: bool


@dataclass(frozen=True)
class Node:
    """One operator; `options` is the name of its table in the schema, empty where it has none."""

    code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: str
    fields: dict[str, Any]


class TfliteModel:
    """Tensors and operators of one subgraph; `every_field` writes fields that have the schema's defaults, too."""

    def __init__(self, seed: int = 0, codes: Codes = "both", every_field: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        self.codes: Codes = codes
        self.every_field = every_field
        self.tensors: list[Tensor] = []
        self.nodes: list[Node] = []
        self.inputs: list[int] = []

    def tensor(
        self,
        *shape: int,
        scale: float | Sequence[float] | None = 0.05,
        zero: int = 0,
        data: NDArray[Any] | None = None,
        dtype: str = "int8",
        axis: int = 0,
        shared: bool = False,
        name: str | None = None,
    ) -> int:
        """Add a tensor; returns its index. All `shared` ones have the data of the first."""
        scales = () if scale is None else (scale,) if isinstance(scale, float) else tuple(scale)
        name = f"tensor{len(self.tensors)}" if name is None else name
        self.tensors.append(Tensor(name, shape, dtype, scales, zero, axis, data, shared))
        return len(self.tensors) - 1

    def input(self, *shape: int, **options: Any) -> int:
        """Add a model input."""
        self.inputs.append(self.tensor(*shape, **options))
        return self.inputs[-1]

    def weights(self, *shape: int, scale: float | Sequence[float] = 0.01, axis: int = 0) -> int:
        """Random int8 weights."""
        data = self.rng.integers(-127, 128, shape).astype(np.int8)
        return self.tensor(*shape, scale=scale, data=data, axis=axis)

    def bias(self, count: int, scale: float | Sequence[float]) -> int:
        """Random int32 bias."""
        data = self.rng.integers(-3000, 3000, count).astype(np.int32)
        return self.tensor(count, scale=scale, data=data, dtype="int32")

    def ints(self, *values: int, dtype: str = "int32") -> int:
        """A constant list of integers."""
        return self.tensor(len(values), scale=None, data=np.array(values, dtype), dtype=dtype)

    def op(self, code: str, inputs: list[int], outputs: list[int], options: str = "", **fields: Any) -> int:
        """Add an operator, whose `fields` are numbers or lists of integers; returns its first output."""
        self.nodes.append(Node(code, tuple(inputs), tuple(outputs), options, fields))
        return outputs[0]

    def build(self, *outputs: int) -> bytes:
        """The flatbuffer."""
        b = flatbuffers.Builder(1024)
        b.ForceDefaults(self.every_field)
        buffers, place = self._buffers(b)
        tensors = [_tensor(b, t, place.get(i, 0)) for i, t in enumerate(self.tensors)]
        codes = sorted({node.code for node in self.nodes})
        operators = [_operator(b, node, codes) for node in self.nodes]
        opcodes = [_code(b, code, self.codes) for code in codes]
        ins, outs = _ints(b, self.inputs), _ints(b, outputs)
        tensor_vector, operator_vector = _offsets(b, tensors), _offsets(b, operators)
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, tensor_vector)
        tflite.SubGraphAddInputs(b, ins)
        tflite.SubGraphAddOutputs(b, outs)
        tflite.SubGraphAddOperators(b, operator_vector)
        graph = _offsets(b, [tflite.SubGraphEnd(b)])
        code_vector, buffer_vector = _offsets(b, opcodes), _offsets(b, buffers)
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, code_vector)
        tflite.ModelAddSubgraphs(b, graph)
        tflite.ModelAddBuffers(b, buffer_vector)
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return bytes(b.Output())

    def _buffers(self, b: Any) -> tuple[list[int], dict[int, int]]:
        """Their offsets, and the buffer of each tensor that has data; buffer 0 is empty."""
        buffers, place = [_buffer(b, None)], dict[int, int]()
        for i, t in enumerate(self.tensors):
            first = next((k for k in place if self.tensors[k].shared), None) if t.shared else None
            if first is not None:
                place[i] = place[first]
            elif t.data is not None:
                place[i] = len(buffers)
                buffers.append(_buffer(b, t.data))
        return buffers, place


def _buffer(b: Any, data: NDArray[Any] | None) -> int:
    vector = None if data is None else b.CreateNumpyVector(np.frombuffer(data.tobytes(), np.uint8))
    tflite.BufferStart(b)
    if vector is not None:
        tflite.BufferAddData(b, vector)
    return int(tflite.BufferEnd(b))


def _tensor(b: Any, t: Tensor, buffer: int) -> int:
    name, shape = b.CreateString(t.name), _ints(b, t.shape)
    quant = None
    if t.scale:
        scale = b.CreateNumpyVector(np.array(t.scale, np.float32))
        zero = b.CreateNumpyVector(np.full(len(t.scale), t.zero, np.int64))
        tflite.QuantizationParametersStart(b)
        tflite.QuantizationParametersAddScale(b, scale)
        tflite.QuantizationParametersAddZeroPoint(b, zero)
        tflite.QuantizationParametersAddQuantizedDimension(b, t.axis)
        quant = tflite.QuantizationParametersEnd(b)
    tflite.TensorStart(b)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, TYPES[t.dtype])
    tflite.TensorAddBuffer(b, buffer)
    tflite.TensorAddName(b, name)
    if quant is not None:
        tflite.TensorAddQuantization(b, quant)
    return int(tflite.TensorEnd(b))


def _operator(b: Any, node: Node, codes: list[str]) -> int:
    ins, outs, table = _ints(b, node.inputs), _ints(b, node.outputs), None
    if node.options:
        fields = {k: v if np.isscalar(v) else _ints(b, v) for k, v in node.fields.items()}
        getattr(tflite, f"{node.options}Start")(b)
        for name, value in fields.items():
            getattr(tflite, f"{node.options}Add{name}")(b, value)
        table = getattr(tflite, f"{node.options}End")(b)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, codes.index(node.code))
    tflite.OperatorAddInputs(b, ins)
    tflite.OperatorAddOutputs(b, outs)
    if table is not None:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, node.options))
        tflite.OperatorAddBuiltinOptions(b, table)
    return int(tflite.OperatorEnd(b))


def _code(b: Any, name: str, codes: Codes) -> int:
    value = getattr(tflite.BuiltinOperator, name)
    tflite.OperatorCodeStart(b)
    if codes != "newer":
        tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(value, 127))
    tflite.OperatorCodeAddVersion(b, 1 if name in FIRST_VERSION else 2)
    if codes != "older" or value > 127:
        tflite.OperatorCodeAddBuiltinCode(b, value)
    return int(tflite.OperatorCodeEnd(b))


def _ints(b: Any, values: Sequence[int]) -> int:
    return int(b.CreateNumpyVector(np.array(values, np.int32)))


def _offsets(b: Any, offsets: list[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return int(b.EndVector())
