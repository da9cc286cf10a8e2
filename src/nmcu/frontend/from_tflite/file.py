"""A TFLite file as plain immutable values; nothing in the file is trusted."""

import struct
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend import limits
from nmcu.frontend.from_tflite import sparse

T = TypeVar("T")

DAMAGE = (struct.error, IndexError, TypeError, ValueError, OverflowError, AttributeError)
"""What reading a damaged flatbuffer can raise."""

_TYPE_NAMES = {code: name.lower() for name, code in vars(tflite.TensorType).items() if isinstance(code, int)}
_DTYPES = {
    tflite.TensorType.FLOAT32: "float32",
    tflite.TensorType.FLOAT16: "float16",
    tflite.TensorType.INT32: "int32",
    tflite.TensorType.UINT8: "uint8",
    tflite.TensorType.INT64: "int64",
    tflite.TensorType.BOOL: "bool",
    tflite.TensorType.INT16: "int16",
    tflite.TensorType.INT8: "int8",
}
_BUILTIN_CODE_SLOT = 10
"""Of `OperatorCode.builtin_code` in the schema's table."""
_BUILTIN = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor, whose name no other one has.

    `scale` and `zero_point` are empty where it is not quantised; `data` is None for activations.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int
    data: NDArray[Any] | None


@dataclass(frozen=True, eq=False)
class Operator:
    """One operator: its name in the schema (CONV_2D, ...), tensor indices (-1: absent), its option table and which
    of the schema's tables that is (`tflite.BuiltinOptions`); `intermediates` are tensors whose scales it uses."""

    code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any
    options_type: int = 0
    intermediates: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class File:
    """The main subgraph of a model; `called` are those, by number, that its CALL_ONCE operators run."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    called: Mapping[int, "File"] = field(default_factory=lambda: MappingProxyType({}))


def options(operator: Operator, kind: type[Any]) -> Any:
    """The operator's table of options as a `kind`; where it has none, one whose fields have the schema's defaults."""
    table = kind()
    if operator.options is None:
        empty = flatbuffers.Builder(16)
        empty.StartObject(0)
        empty.Finish(empty.EndObject())
        data = bytes(empty.Output())
        table.Init(data, flatbuffers.encode.Get(flatbuffers.packer.uoffset, data, 0))
    else:
        table.Init(operator.options.Bytes, operator.options.Pos)
    return table


def parse(data: bytes) -> File:
    """Read a flatbuffer; raises `ModelError` for a damaged file. Subgraphs that nothing calls do not matter."""
    try:
        model = tflite.Model.GetRootAs(data, 0)
        count = model.SubgraphsLength()
        main = _subgraph(data, model, 0) if count else None
        called = (
            {} if main is None else {i: _subgraph(data, model, i) for i in _called(main) if 0 < i < count}
        )
        if main is None:
            raise ModelError("the TFLite model has no subgraph")
        return replace(main, called=MappingProxyType(called))
    except DAMAGE as error:
        raise ModelError("the TFLite file is damaged: its tables point outside the file") from error


def _subgraph(data: bytes, model: Any, number: int) -> File:
    graph, buffers = model.Subgraphs(number), _Buffers(data, model)
    limits.check_nodes(graph.OperatorsLength())
    tensors = _each(data, graph.TensorsLength(), lambda i: _tensor(graph.Tensors(i), buffers))
    limits.check_bytes(sum(t.data.nbytes for t in tensors if t.data is not None))
    operators = _each(data, graph.OperatorsLength(), lambda i: _operator(model, graph.Operators(i)))
    file = File(tensors, operators, _indices(graph.InputsAsNumpy()), _indices(graph.OutputsAsNumpy()))
    _check(file)
    return sparse.densified(_named(file))


def _called(file: File) -> list[int]:
    """The subgraphs that CALL_ONCE operators run, each once."""
    found: dict[int, None] = {}
    for operator in file.operators:
        if operator.code == "CALL_ONCE" and operator.options_type == tflite.BuiltinOptions.CallOnceOptions:
            options = tflite.CallOnceOptions()
            options.Init(operator.options.Bytes, operator.options.Pos)
            found[int(options.InitSubgraphIndex())] = None
    return list(found)


class _Buffers:
    def __init__(self, data: bytes, model: Any) -> None:
        self._data, self._model, self._count = data, model, model.BuffersLength()

    def __getitem__(self, index: int) -> NDArray[np.uint8] | None:
        if not 0 <= index < self._count:
            raise ModelError(f"the TFLite file is damaged: buffer {index} does not exist")
        buffer = self._model.Buffers(index)
        if buffer.Offset() > 1:
            raise ModelError("the TFLite file keeps weights outside its flatbuffer; supported: inside only")
        if buffer.DataLength() == 0:
            return None
        raw = buffer.DataAsNumpy()
        if raw.size != buffer.DataLength():
            raise ModelError("the TFLite file is truncated: a buffer is longer than the file")
        return np.asarray(raw, np.uint8)


def _each(data: bytes, count: int, read: Callable[[int], T]) -> tuple[T, ...]:
    if count > len(data) // 4:
        raise ModelError("the TFLite file is damaged: a table is longer than the file")
    return tuple(read(i) for i in range(count))


def _tensor(raw: Any, buffers: _Buffers) -> Tensor:
    dtype = _DTYPES.get(raw.Type()) or _TYPE_NAMES.get(raw.Type(), f"type {raw.Type()}")
    name = (raw.Name() or b"").decode("utf-8", "replace")
    shape = _indices(raw.ShapeAsNumpy())
    quant = raw.Quantization()
    scale = np.empty(0, np.float32) if quant is None else _array(quant.ScaleAsNumpy(), np.float32)
    zero = np.empty(0, np.int64) if quant is None else _array(quant.ZeroPointAsNumpy(), np.int64)
    axis = 0 if quant is None else int(quant.QuantizedDimension())
    if quant is not None and quant.DetailsType():
        raise ModelError(
            f"tensor {name!r} is quantised in a way of its own (in blocks, or custom); supported: one scale for the "
            "tensor, or one per output channel of weights"
        )
    content = buffers[raw.Buffer()]
    data = np.empty(shape, dtype) if 0 in shape and dtype in _DTYPES.values() else None
    if content is not None and dtype in _DTYPES.values():
        size = int(np.prod([float(d) for d in shape])) * np.dtype(dtype).itemsize
        if raw.Sparsity() is not None:
            limits.check_bytes(size)
            content = (
                sparse.dense(name, shape, raw.Sparsity(), content.view(dtype)).reshape(-1).view(np.uint8)
            )
        if size != content.size or min(shape, default=1) < 0:
            raise ModelError(
                f"tensor {name!r} has shape {shape} and {content.size} bytes of data, which do not fit"
            )
        data = content.view(dtype).reshape(shape)
    return Tensor(name, shape, dtype, scale, zero, axis, data)


def _builtin_code(code: Any) -> int:
    """The operator: the larger of the file's two fields, as in LiteRT.

    `BuiltinCode()` of tflite 2.18 gives the deprecated one wherever the newer one is below 127: a file that writes the
    newer field only would be read as additions throughout.
    """
    at = code._tab.Offset(_BUILTIN_CODE_SLOT)
    newer = code._tab.Get(flatbuffers.number_types.Int32Flags, at + code._tab.Pos) if at else 0
    return max(int(newer), int(code.DeprecatedBuiltinCode()))


def _operator(model: Any, raw: Any) -> Operator:
    code = model.OperatorCodes(raw.OpcodeIndex())
    builtin = _builtin_code(code)
    name = _BUILTIN.get(builtin, f"operator {builtin}")
    if name == "CUSTOM":
        name = f"custom operator {(code.CustomCode() or b'').decode('utf-8', 'replace')!r}"
    inputs, outputs = _indices(raw.InputsAsNumpy()), _indices(raw.OutputsAsNumpy())
    intermediates = _indices(raw.IntermediatesAsNumpy())
    return Operator(name, inputs, outputs, raw.BuiltinOptions(), raw.BuiltinOptionsType(), intermediates)


def _indices(raw: Any) -> tuple[int, ...]:
    return () if isinstance(raw, int) else tuple(int(i) for i in raw)


def _array(raw: Any, dtype: type[Any]) -> NDArray[Any]:
    return np.empty(0, dtype) if isinstance(raw, int) else np.array(raw, dtype)


def _named(file: File) -> File:
    """`file` with a name for each tensor: the format allows empty ones and the same one twice. Inputs come first."""
    names: dict[int, str] = {}
    times: Counter[str] = Counter()
    taken: set[str] = set()
    for i in dict.fromkeys((*file.inputs, *file.outputs, *range(len(file.tensors)))):
        name = base = file.tensors[i].name or f"tensor {i}"
        while name in taken:
            times[base] += 1
            name = f"{base}_{times[base]}"
        taken.add(name)
        names[i] = name
    tensors = tuple(replace(t, name=names[i]) for i, t in enumerate(file.tensors))
    return replace(file, tensors=tensors)


def _check(file: File) -> None:
    used = [i for op in file.operators for i in op.inputs if i != -1]
    used += [i for op in file.operators for i in (*op.outputs, *op.intermediates)]
    if any(not 0 <= i < len(file.tensors) for i in (*used, *file.inputs, *file.outputs)):
        raise ModelError("the TFLite file is damaged: an operator uses a tensor that does not exist")
