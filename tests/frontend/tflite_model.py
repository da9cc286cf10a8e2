"""Small int8 TFLite models written operator by operator."""

from typing import Any

import flatbuffers
import numpy as np
import tflite
from numpy.typing import NDArray

FIRST_VERSION = ("RESHAPE", "PRELU", "ELU", "RELU_N1_TO_1", "HARD_SWISH")
TYPES = {"int8": 9, "int32": 2, "float32": 0, "uint8": 3, "int64": 4}


class TfliteModel:
    """Tensors and operators of one subgraph."""

    def __init__(self, seed: int = 0, deprecated_codes: bool = True) -> None:
        self.rng = np.random.default_rng(seed)
        self._deprecated_codes = deprecated_codes
        self._tensors: list[dict[str, Any]] = []
        self._operators: list[tuple[str, list[int], list[int], str, dict[str, Any]]] = []
        self.inputs: list[int] = []

    def tensor(
        self,
        *shape: int,
        scale: float | list[float] | None = 0.05,
        zero: int = 0,
        data: NDArray[Any] | None = None,
        dtype: str = "int8",
        axis: int = 0,
        shared: bool = False,
    ) -> int:
        """Add a tensor; returns its index. All `shared` ones have the data of the first."""
        scales = [] if scale is None else [scale] if isinstance(scale, float) else scale
        fields = {"shape": shape, "scale": scales, "zero": zero, "data": data, "dtype": dtype, "axis": axis}
        fields["shared"] = shared
        self._tensors.append({"name": f"tensor{len(self._tensors)}", **fields})
        return len(self._tensors) - 1

    def input(self, *shape: int, **options: Any) -> int:
        """Add a model input."""
        self.inputs.append(self.tensor(*shape, **options))
        return self.inputs[-1]

    def weights(self, *shape: int, scale: float | list[float] = 0.01, axis: int = 0) -> int:
        """Random int8 weights."""
        data = self.rng.integers(-127, 128, shape).astype(np.int8)
        return self.tensor(*shape, scale=scale, data=data, axis=axis)

    def bias(self, count: int, scale: float | list[float]) -> int:
        """Random int32 bias."""
        data = self.rng.integers(-3000, 3000, count).astype(np.int32)
        return self.tensor(count, scale=scale, data=data, dtype="int32")

    def ints(self, *values: int) -> int:
        """A constant list of integers."""
        return self.tensor(len(values), scale=None, data=np.array(values, np.int32), dtype="int32")

    def op(self, code: str, inputs: list[int], outputs: list[int], options: str = "", **fields: Any) -> int:
        """Add an operator; returns its first output."""
        self._operators.append((code, inputs, outputs, options, fields))
        return outputs[0]

    def build(self, *outputs: int) -> bytes:
        """The flatbuffer."""
        b = flatbuffers.Builder(1024)
        buffers, data = [self._buffer(b, None)], {}
        for i, t in enumerate(self._tensors):
            if t["shared"] and any(self._tensors[k]["shared"] for k in data):
                data[i] = next(data[k] for k in data if self._tensors[k]["shared"])
            elif t["data"] is not None:
                data[i] = len(buffers)
                buffers.append(self._buffer(b, t["data"]))
        tensors = [self._tensor(b, t, data.get(i, 0)) for i, t in enumerate(self._tensors)]
        codes = sorted({op[0] for op in self._operators})
        operators = [self._operator(b, op, codes) for op in self._operators]
        opcodes = [self._code(b, code) for code in codes]
        ins, outs = self._ints(b, self.inputs), self._ints(b, list(outputs))
        tensor_vector, operator_vector = self._offsets(b, tensors), self._offsets(b, operators)
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, tensor_vector)
        tflite.SubGraphAddInputs(b, ins)
        tflite.SubGraphAddOutputs(b, outs)
        tflite.SubGraphAddOperators(b, operator_vector)
        graph = self._offsets(b, [tflite.SubGraphEnd(b)])
        code_vector, buffer_vector = self._offsets(b, opcodes), self._offsets(b, buffers)
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, code_vector)
        tflite.ModelAddSubgraphs(b, graph)
        tflite.ModelAddBuffers(b, buffer_vector)
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return bytes(b.Output())

    def _buffer(self, b: Any, data: NDArray[Any] | None) -> int:
        vector = None if data is None else b.CreateNumpyVector(np.frombuffer(data.tobytes(), np.uint8))
        tflite.BufferStart(b)
        if vector is not None:
            tflite.BufferAddData(b, vector)
        return int(tflite.BufferEnd(b))

    def _tensor(self, b: Any, t: dict[str, Any], buffer: int) -> int:
        name, shape = b.CreateString(t["name"]), self._ints(b, t["shape"])
        quant = None
        if t["scale"]:
            scale = b.CreateNumpyVector(np.array(t["scale"], np.float32))
            zero = b.CreateNumpyVector(np.full(len(t["scale"]), t["zero"], np.int64))
            tflite.QuantizationParametersStart(b)
            tflite.QuantizationParametersAddScale(b, scale)
            tflite.QuantizationParametersAddZeroPoint(b, zero)
            tflite.QuantizationParametersAddQuantizedDimension(b, t["axis"])
            quant = tflite.QuantizationParametersEnd(b)
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, shape)
        tflite.TensorAddType(b, TYPES[t["dtype"]])
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, name)
        if quant is not None:
            tflite.TensorAddQuantization(b, quant)
        return int(tflite.TensorEnd(b))

    def _operator(
        self, b: Any, op: tuple[str, list[int], list[int], str, dict[str, Any]], codes: list[str]
    ) -> int:
        code, inputs, outputs, options, fields = op
        ins, outs, table = self._ints(b, inputs), self._ints(b, outputs), None
        if options:
            getattr(tflite, f"{options}Start")(b)
            for name, value in fields.items():
                getattr(tflite, f"{options}Add{name}")(b, value)
            table = getattr(tflite, f"{options}End")(b)
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, codes.index(code))
        tflite.OperatorAddInputs(b, ins)
        tflite.OperatorAddOutputs(b, outs)
        if table is not None:
            tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, options))
            tflite.OperatorAddBuiltinOptions(b, table)
        return int(tflite.OperatorEnd(b))

    def _code(self, b: Any, name: str) -> int:
        value = getattr(tflite.BuiltinOperator, name)
        tflite.OperatorCodeStart(b)
        if self._deprecated_codes:
            tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(value, 127))
        tflite.OperatorCodeAddVersion(b, 1 if name in FIRST_VERSION else 2)
        tflite.OperatorCodeAddBuiltinCode(b, value)
        return int(tflite.OperatorCodeEnd(b))

    def _ints(self, b: Any, values: Any) -> int:
        return int(b.CreateNumpyVector(np.array(values, np.int32)))

    def _offsets(self, b: Any, offsets: list[int]) -> int:
        b.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            b.PrependUOffsetTRelative(offset)
        return int(b.EndVector())
