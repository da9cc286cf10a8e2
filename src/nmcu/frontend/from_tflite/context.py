"""What the operator converters work on: the file, the graph under construction, tensors read so far."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend.from_tflite import file as tf
from nmcu.frontend.from_tflite.variables import Variable, handles
from nmcu.frontend.lower import clamp, shape
from nmcu.frontend.lower.elementwise import requantize
from nmcu.frontend.lower.shape import device_shape
from nmcu.graph import Builder, TensorInfo, ops, origin

_ACTIVATIONS = {0: clamp.NONE, 1: clamp.RELU, 2: clamp.Clamp(-1.0, 1.0), 3: clamp.RELU6}


class _Options:
    """The fields of a flatbuffer table as the methods of its class; `error` where one cannot be read."""

    def __init__(self, table: Any, error: ModelError) -> None:
        self._table, self._error = table, error

    def __getattr__(self, field: str) -> Callable[[], Any]:
        read = getattr(self._table, field)

        def checked() -> Any:
            try:
                return read()
            except tf.DAMAGE as error:
                raise self._error from error

        return checked


@dataclass(frozen=True)
class Spread:
    """A map (1, height, width, channels) whose every block[0]-th row and block[1]-th column the file has as a batch of
    its own (SPACE_TO_BATCH_ND)."""

    info: TensorInfo
    block: tuple[int, int]


class Context:
    """The state of one conversion; `op` is the operator being converted, `name` its node name.

    Of the file's variables, `initial` are their first values, `states` what was read of them, `assigned` what was
    assigned last.
    """

    def __init__(self, file: tf.File) -> None:
        self.file = file
        self.builder = Builder()
        self.op = tf.Operator("", (), (), None)
        self.known: dict[int, TensorInfo] = {}
        self.handles = handles(file)
        self.initial: dict[Variable, tf.Tensor] = {}
        self.states: dict[Variable, TensorInfo] = {}
        self.assigned: dict[Variable, TensorInfo] = {}
        self.spread: dict[int, Spread] = {}
        self.floated: dict[str, TensorInfo] = {}

    @property
    def name(self) -> str:
        """The node's name: TFLite operators have none, so the name of the first output."""
        return self.file.tensors[self.op.outputs[0]].name if self.op.outputs else self.op.code

    def error(self, message: str) -> ModelError:
        """A `ModelError` that names node and operator."""
        return ModelError(f"node {self.name!r} ({self.op.code}): {message}")

    def tensor(self, position: int) -> tf.Tensor:
        """Input `position` as it is in the file."""
        if position >= len(self.op.inputs) or self.op.inputs[position] == -1:
            raise self.error(f"input {position} is missing")
        return self.file.tensors[self.op.inputs[position]]

    def has(self, position: int) -> bool:
        """True if the optional input `position` is given."""
        return position < len(self.op.inputs) and self.op.inputs[position] != -1

    def x(self, position: int = 0) -> TensorInfo:
        """Activation input `position` on the device."""
        tensor = self.tensor(position)
        info = self.held(self.op.inputs[position])
        if info is not None and tensor.dtype in ("int8", "uint8", "float32"):
            return info
        if tensor.dtype in ("float32", "float16"):
            raise self.error(
                f"works on {tensor.dtype} tensor {tensor.name!r}; only int8 quantised operators are supported: "
                "quantise the model to full int8"
            )
        if tensor.data is not None:
            raise self.error(f"tensor {tensor.name!r} is a constant; supported: an activation")
        if info is None and tensor.dtype == "int8":
            raise self.error(f"reads tensor {tensor.name!r} before any operator writes it")
        advice = ": convert with int8 activations, not 16x8" if tensor.dtype == "int16" else ""
        raise self.error(
            f"works on {tensor.dtype} tensor {tensor.name!r}; only int8 activations are supported{advice}"
        )

    def map(self, position: int = 0) -> Spread:
        """Activation input `position` as one map, whatever the file has as batches."""
        found = self.spread.get(self.op.inputs[position]) if self.has(position) else None
        return found or Spread(self.x(position), (1, 1))

    def held(self, index: int) -> TensorInfo | None:
        """Tensor `index` on the device, as the file has it; None where no operator has written it."""
        if index not in self.known and index in self.spread:
            self._batches(index)
        return self.known.get(index)

    def _batches(self, index: int) -> None:
        """Make tensor `index` as the file has it: a batch for each place in a block."""
        x, (rows, columns) = self.spread[index].info, self.spread[index].block
        tensor, (_, height, width, channels) = self.file.tensors[index], x.shape
        parts = (height // rows, rows, width // columns, columns, channels)
        apart = shape.reshape(self.builder, f"{self.name} apart", x, parts, f"{tensor.name} apart")
        moved = shape.transpose(
            self.builder, f"{self.name} batches", apart, (1, 3, 0, 2, 4), f"{tensor.name} blocks"
        )
        batches = shape.reshape(
            self.builder, f"{self.name} in", moved, device_shape(tensor.shape), f"{tensor.name} batches"
        )
        self.hold(index, batches)

    def operand(self, position: int) -> TensorInfo:
        """Input `position` of an operator whose inputs may be int8 constants."""
        tensor = self.tensor(position)
        if tensor.data is None:
            return self.x(position)
        index = self.op.inputs[position]
        if index not in self.known:
            value = self.codes(position).reshape(device_shape(tensor.shape))
            made = self.builder.add(tensor.name, ops.Constant(), [], [self.spec(index)], {"value": value})
            self.known[index] = made[0]
        return self.known[index]

    def y(self, position: int = 0) -> TensorInfo:
        """Name, scale and zero point of output `position`, without a shape."""
        if position >= len(self.op.outputs):
            raise self.error(f"output {position} is missing")
        return self.spec(self.op.outputs[position])

    def spec(self, index: int) -> TensorInfo:
        """Device name, scale and zero point of tensor `index`; uint8 is shifted by 128 to int8. float32 has neither."""
        tensor = self.file.tensors[index]
        name = f"{tensor.name}.device" if index in (*self.file.inputs, *self.file.outputs) else tensor.name
        if tensor.dtype == "float32":
            return TensorInfo(name, (), "float32")
        if tensor.dtype not in ("int8", "uint8"):
            raise self.error(f"tensor {tensor.name!r} is {tensor.dtype}; only int8 activations are supported")
        if tensor.scale.size != 1 or tensor.zero_point.size > 1:
            raise self.error(f"tensor {tensor.name!r} needs one scale and one zero point")
        scale = float(tensor.scale[0])
        zero = int(tensor.zero_point[0]) if tensor.zero_point.size else 0
        zero -= 128 if tensor.dtype == "uint8" else 0
        if not (np.isfinite(scale) and scale > 0 and -128 <= zero <= 127):
            raise self.error(
                f"tensor {tensor.name!r} has scale {scale} and zero point {zero}, which are not valid"
            )
        return TensorInfo(name, (), scale=scale, zero_point=zero)

    def constant(self, position: int, *dtypes: str) -> NDArray[Any]:
        """The data of constant input `position`, one of `dtypes`."""
        tensor = self.tensor(position)
        if tensor.data is None:
            raise self.error(f"input {tensor.name!r} must be a constant")
        if tensor.dtype not in dtypes:
            raise self.error(f"input {tensor.name!r} is {tensor.dtype}; supported: {' or '.join(dtypes)}")
        return tensor.data

    def codes(self, position: int) -> NDArray[np.int8]:
        """The quantised constant input `position`; uint8 is shifted by 128 to int8, as `spec` shifts its zero point."""
        data = self.constant(position, "int8", "uint8")
        if not data.size:
            raise self.error(f"constant {self.tensor(position).name!r} is empty")
        return (data ^ 128).view(np.int8) if data.dtype == np.uint8 else data

    def ints(self, position: int) -> tuple[int, ...]:
        """Constant integers (axes, shapes, paddings) of input `position`, flattened."""
        return tuple(int(v) for v in self.constant(position, "int32", "int64").reshape(-1))

    def options(self, kind: type[Any]) -> Any:
        """The option table of the operator, with the schema's defaults where the file has none; reading a field that
        lies outside the file raises `ModelError`."""
        if self.op.options is not None and self.op.options_type != getattr(
            tflite.BuiltinOptions, kind.__name__
        ):
            names = {
                code: name for name, code in vars(tflite.BuiltinOptions).items() if isinstance(code, int)
            }
            found = names.get(self.op.options_type, f"of type {self.op.options_type}")
            raise self.error(
                f"its table of options is {found}, {kind.__name__} is needed; convert the model again"
            )
        return _Options(tf.options(self.op, kind), self.error("its table of options is damaged"))

    def activation(self, code: int) -> clamp.Clamp:
        """The fused activation `code` of the schema."""
        if code not in _ACTIVATIONS:
            raise self.error(
                f"fused activation {code} is not supported; supported: none, ReLU, ReLU6, ReLU_N1_TO_1"
            )
        return _ACTIVATIONS[code]

    def check_same(self, x: TensorInfo, what: str = "input", position: int = 0) -> None:
        """Refuse an operator that only copies integers where `x`, called `what`, has another scale than the output.

        The specification of TFLite's quantisation forbids it, and LiteRT copies the integers all the same. Scales are
        equal, too, if they are so close that rescaling would change no integer.
        """
        (a, b), (d, e) = x.quant, self.y(position).quant
        if b != e or not 255 * abs(a / d - 1) < 0.5:
            raise self.error(
                f"its {what} has scale {a:g} and zero point {b}, its output {d:g} and {e}; supported: equal ones (as "
                "TFLite's specification demands); quantise the model anew, or put a QUANTIZE between them"
            )

    def device_shape(self, position: int = 0) -> tuple[int, ...]:
        """The shape that output `position` has on the device, from the file."""
        return device_shape(self.file.tensors[self.op.outputs[position]].shape)

    def write(self, info: TensorInfo, position: int = 0, block: tuple[int, int] = (1, 1)) -> None:
        """Record `info` as output `position`, spread by `block`; its shape must be the one in the file."""
        index = self.op.outputs[position]
        if block != (1, 1):
            self.spread[index] = Spread(info, block)
            return
        expected = self.device_shape(position)
        if info.shape != expected:
            raise self.error(f"the file gives output shape {expected}, the operator computes {info.shape}")
        self.hold(index, info)

    def hold(self, index: int, info: TensorInfo) -> None:
        """Record that tensor `index` of the file is `info` on the device."""
        tensor = self.file.tensors[index]
        if tensor.dtype not in ("float32", "float16"):
            shift = 128 if tensor.dtype == "uint8" else 0
            self.builder.record(info.name, origin.plain(index, tensor.shape, shift))
        self.known[index] = info

    def write_copy(self, info: TensorInfo, position: int = 0) -> None:
        """As `write`, for integers copied from an input; `info` has its quantisation, which must be the output's."""
        if self.file.tensors[self.op.outputs[position]].dtype == "float32":
            self.write(info, position)
            return
        self.check_same(info, position=position)
        self.write(requantize(self.builder, f"{self.name} scale", info, self.y(position)), position)
