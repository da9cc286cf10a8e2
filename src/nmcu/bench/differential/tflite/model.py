"""Small TFLite models written operator by operator: no converter is needed, and none limits what a file may say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

FIRST_VERSION = (
    *("RESHAPE", "PRELU", "ELU", "RELU_N1_TO_1", "HARD_SWISH", "EXP", "SQRT", "NEG", "SQUEEZE"),
    *("EXPAND_DIMS", "GELU", "RSQRT", "DENSIFY"),
    *("CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"),
    *("SHAPE", "SQUARE", "POW"),
    *("CEIL", "COS", "CUMSUM", "FLOOR", "REDUCE_PROD", "ROUND", "SIGN", "SIN"),
)
TYPES = {"int8": 9, "int32": 2, "float32": 0, "uint8": 3, "int64": 4, "int16": 7, "int4": 17, "resource": 13}
Codes = Literal["both", "older", "newer"]
"""Which fields name the operators: `builtin_code`, the deprecated one of eight bits, or both."""


@dataclass
class Tensor:
    """One tensor as the file will hold it; `data` is None where it is no constant. A `variable` lasts from call to
    call."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: tuple[float, ...]
    zero: int
    axis: int
    data: NDArray[Any] | None
    shared: bool
    variable: bool = False


@dataclass(frozen=True)
class Node:
    """One operator; `options` is the name of its table in the schema, empty where it has none."""

    code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: str
    fields: dict[str, Any]
    intermediates: tuple[int, ...] = ()


class TfliteModel:
    """Tensors and operators of one subgraph, and subgraphs that it calls; `every_field` writes fields that have the
    schema's defaults, too."""

    def __init__(self, seed: int = 0, codes: Codes = "both", every_field: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        self.codes: Codes = codes
        self.every_field = every_field
        self.tensors: list[Tensor] = []
        self.nodes: list[Node] = []
        self.inputs: list[int] = []
        self.called: list[TfliteModel] = []

    def tensor(
        self,
        *shape: int,
        scale: float | Sequence[float] | None = 0.05,
        zero: int = 0,
        data: NDArray[Any] | None = None,
        dtype: str = "int8",
        axis: int = 0,
        shared: bool = False,
        variable: bool = False,
        name: str | None = None,
    ) -> int:
        """Add a tensor; returns its index. All `shared` ones have the data of the first."""
        scales = () if scale is None else (scale,) if isinstance(scale, float) else tuple(scale)
        name = f"tensor{len(self.tensors)}" if name is None else name
        self.tensors.append(Tensor(name, shape, dtype, scales, zero, axis, data, shared, variable))
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

    def variable(self, name: str, initial: NDArray[Any] | None, **options: Any) -> int:
        """Add a handle of variable `name`, which a subgraph that runs once gives the value `initial`, if any."""
        if initial is not None and not self.called:
            self.called.append(TfliteModel())
            self.op("CALL_ONCE", [], [], "CallOnceOptions", InitSubgraphIndex=1)
        if initial is not None:
            once = self.called[0]
            value = once.tensor(*initial.shape, data=initial, dtype=str(initial.dtype), **options)
            once.op("ASSIGN_VARIABLE", [once.variable(name, None), value], [])
        handle = self.tensor(scale=None, dtype="resource")
        self.op("VAR_HANDLE", [], [handle], "VarHandleOptions", SharedName=name)
        return handle

    def op(self, code: str, inputs: list[int], outputs: list[int], options: str = "", **fields: Any) -> int:
        """Add an operator, whose `fields` are numbers or lists of integers; returns its first output, -1 if none."""
        self.nodes.append(Node(code, tuple(inputs), tuple(outputs), options, fields))
        return outputs[0] if outputs else -1

    def scaled_by(self, *tensors: int) -> None:
        """Give the last operator these intermediate tensors, whose scales it uses."""
        self.nodes[-1] = replace(self.nodes[-1], intermediates=tensors)

    def build(self, *outputs: int) -> bytes:
        """The flatbuffer."""
        b = flatbuffers.Builder(1024)
        b.ForceDefaults(self.every_field)
        codes = sorted({node.code for each in (self, *self.called) for node in each.nodes})
        buffers = [_buffer(b, None)]
        graphs = [
            each._subgraph(b, codes, buffers, outputs if each is self else ())
            for each in (self, *self.called)
        ]
        opcodes = [_code(b, code, self.codes) for code in codes]
        return _finished(b, graphs, opcodes, buffers)

    def _subgraph(self, b: Any, codes: list[str], buffers: list[int], outputs: Sequence[int]) -> int:
        place = self._place(b, buffers)
        tensors = _offsets(b, [_tensor(b, t, place.get(i, 0)) for i, t in enumerate(self.tensors)])
        operators = _offsets(b, [_operator(b, node, codes) for node in self.nodes])
        ins, outs = _ints(b, self.inputs), _ints(b, outputs)
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, tensors)
        tflite.SubGraphAddInputs(b, ins)
        tflite.SubGraphAddOutputs(b, outs)
        tflite.SubGraphAddOperators(b, operators)
        return int(tflite.SubGraphEnd(b))

    def _place(self, b: Any, buffers: list[int]) -> dict[int, int]:
        """The buffer of each tensor that has data, appended to the offsets `buffers`; buffer 0 is empty."""
        place: dict[int, int] = {}
        for i, t in enumerate(self.tensors):
            first = next((k for k in place if self.tensors[k].shared), None) if t.shared else None
            if first is not None:
                place[i] = place[first]
            elif t.data is not None:
                place[i] = len(buffers)
                buffers.append(_buffer(b, t.data))
        return place


def functions(*each: tuple[str, TfliteModel, int]) -> bytes:
    """A file with several signatures: name, subgraph, and the tensor that is its output."""
    b = flatbuffers.Builder(1024)
    codes = sorted({node.code for _, model, _ in each for node in model.nodes})
    buffers = [_buffer(b, None)]
    graphs = [model._subgraph(b, codes, buffers, (output,)) for _, model, output in each]
    signatures = [_signature(b, i, *one) for i, one in enumerate(each)]
    opcodes = [_code(b, code, "both") for code in codes]
    return _finished(b, graphs, opcodes, buffers, signatures)


def _signature(b: Any, number: int, name: str, model: TfliteModel, output: int) -> int:
    inputs, outputs = (
        _offsets(b, [_named_tensor(b, f"{word}{i}", index) for i, index in enumerate(indices)])
        for word, indices in (("in", model.inputs), ("out", [output]))
    )
    key = b.CreateString(name)
    tflite.SignatureDefStart(b)
    tflite.SignatureDefAddInputs(b, inputs)
    tflite.SignatureDefAddOutputs(b, outputs)
    tflite.SignatureDefAddSignatureKey(b, key)
    tflite.SignatureDefAddSubgraphIndex(b, number)
    return int(tflite.SignatureDefEnd(b))


def _named_tensor(b: Any, name: str, index: int) -> int:
    text = b.CreateString(name)
    tflite.TensorMapStart(b)
    tflite.TensorMapAddName(b, text)
    tflite.TensorMapAddTensorIndex(b, index)
    return int(tflite.TensorMapEnd(b))


def _finished(
    b: Any, graphs: list[int], opcodes: list[int], buffers: list[int], signatures: list[int] | None = None
) -> bytes:
    graph, code_vector, buffer_vector = (_offsets(b, each) for each in (graphs, opcodes, buffers))
    signature_vector = _offsets(b, signatures) if signatures else None
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, code_vector)
    tflite.ModelAddSubgraphs(b, graph)
    tflite.ModelAddBuffers(b, buffer_vector)
    if signature_vector is not None:
        tflite.ModelAddSignatureDefs(b, signature_vector)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())


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
    if t.variable:
        tflite.TensorAddIsVariable(b, True)
    return int(tflite.TensorEnd(b))


def _operator(b: Any, node: Node, codes: list[str]) -> int:
    ins, outs, table = _ints(b, node.inputs), _ints(b, node.outputs), None
    between = _ints(b, node.intermediates) if node.intermediates else None
    if node.options:
        fields = {k: _field(b, v) for k, v in node.fields.items()}
        getattr(tflite, f"{node.options}Start")(b)
        for name, value in fields.items():
            getattr(tflite, f"{node.options}Add{name}")(b, value)
        table = getattr(tflite, f"{node.options}End")(b)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, codes.index(node.code))
    tflite.OperatorAddInputs(b, ins)
    tflite.OperatorAddOutputs(b, outs)
    if between is not None:
        tflite.OperatorAddIntermediates(b, between)
    if table is not None:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, node.options))
        tflite.OperatorAddBuiltinOptions(b, table)
    return int(tflite.OperatorEnd(b))


def _field(b: Any, value: Any) -> Any:
    if isinstance(value, str):
        return b.CreateString(value)
    return value if np.isscalar(value) else _ints(b, value)


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
