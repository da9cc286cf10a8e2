"""What the node converters work on: the file, the graph under construction, the meaning of each name so far."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx.file import File, Node
from nmcu.frontend.from_onnx.layout import Axes, Shape
from nmcu.frontend.from_onnx.values import Const, Pending, QuantConst, Quantised, Real, Source, Value
from nmcu.frontend.readers import OnnxReader
from nmcu.graph import Builder, TensorInfo, ops

Array = NDArray[Any]


class Refused(ModelError):
    """A node that is not supported; `node` is that node."""

    def __init__(self, message: str, node: Node) -> None:
        super().__init__(message)
        self.node = node


class Unquantised(Refused):
    """A node reads float values that no QuantizeLinear gave a scale: it belongs to a float section."""


class Context:
    """The state of one conversion: `node` is being converted, `work` bytes of constants have been computed.

    `floats` are the readers of nodes in float sections, `foreign` is what regions for another compiler become.
    """

    def __init__(
        self,
        file: File,
        floats: Mapping[str, OnnxReader] = MappingProxyType({}),
        foreign: type[ops.Foreign] | None = None,
    ) -> None:
        self.floats = floats
        self.foreign = foreign
        self.file = file
        self.builder = Builder(ports=(p.name for p in (*file.inputs, *file.outputs)))
        self.node = Node("", "", "", (), (), {})
        self.known: dict[str, Value] = {}
        self.floated: dict[str, TensorInfo] = {}
        self.conformed: dict[tuple[str, Shape, Axes, Axes], TensorInfo] = {}
        self.work = 0

    @contextmanager
    def reading(self, node: Node | None) -> Iterator[None]:
        """What happens inside is for `node`, where one is given: errors are `Refused`, of that node where they name no
        other."""
        outer = self.node
        self._turn_to(node or outer)
        try:
            yield
        except Refused:
            raise
        except ModelError as error:
            raise Refused(str(error), self.node) from error
        finally:
            self._turn_to(outer)

    def _turn_to(self, node: Node) -> None:
        self.node = node
        self.builder.reading = next((name for name in node.outputs if name), "")

    def unquantised(self, message: str) -> Unquantised:
        """An `Unquantised` that names node and operator."""
        return Unquantised(str(self.error(message)), self.node)

    def error(self, message: str) -> Refused:
        """A `ModelError` that names node and operator."""
        return Refused(f"node {self.node.name!r} ({self.node.op}): {message}", self.node)

    def has(self, position: int) -> bool:
        """True if the optional input `position` is given."""
        return position < len(self.node.inputs) and self.node.inputs[position] != ""

    def value(self, position: int) -> Value:
        """The meaning of input `position`."""
        if not self.has(position):
            raise self.error(f"input {position} is missing")
        return self.known[self.node.inputs[position]]

    def write(self, value: Value, position: int = 0) -> None:
        """Give output `position` its meaning."""
        if isinstance(value, Pending) and value.node is None:
            value = dataclasses.replace(value, node=self.node)
        if position < len(self.node.outputs):
            name = self.node.outputs[position]
            self.known[name] = dataclasses.replace(value, key=name) if isinstance(value, Quantised) else value

    def attribute(self, name: str, default: Any) -> Any:
        """Attribute `name`, which must have the type of `default`."""
        value = self.node.attributes.get(name, default)
        if default is not None and type(value) is not type(default):
            raise self.error(f"attribute {name!r} is {value!r}, which has the wrong type")
        return value

    def integer(self, name: str, default: int) -> int:
        """Integer attribute `name`."""
        return int(self.attribute(name, default))

    def axis(self, axis: int, rank: int) -> int:
        """`axis` of a tensor of `rank` axes, counted from the first one."""
        if not -rank <= axis < rank:
            raise self.error(f"axis {axis} does not exist in rank {rank}")
        return axis % rank

    def ints(self, name: str, count: int, default: int) -> tuple[int, ...]:
        """Integer list attribute `name` with `count` entries."""
        value = self.attribute(name, (default,) * count)
        if len(value) != count or not all(isinstance(v, int) and abs(v) < 2**31 for v in value):
            raise self.error(f"attribute {name!r} is {str(value)[:100]}; {count} integers are needed")
        return tuple(value)

    def constant(self, position: int) -> Array:
        """Constant input `position` as an array; a dequantised constant gives its real values."""
        value = self.value(position)
        if isinstance(value, Const):
            return value.array
        if isinstance(value, QuantConst):
            return value.real
        raise self.error(f"input {self.node.inputs[position]!r} must be a constant")

    def constant_ints(self, position: int) -> tuple[int, ...]:
        """Constant integers (axes, shapes, paddings)."""
        array = self.constant(position)
        if array.dtype.kind not in "iu" or array.size > 64:
            raise self.error(f"input {self.node.inputs[position]!r} must be a short list of integers")
        return tuple(int(v) for v in array.reshape(-1))

    def scalar(self, position: int) -> float:
        """A constant with one element."""
        array = self.constant(position)
        if array.size != 1:
            raise self.error(f"input {self.node.inputs[position]!r} must have one element")
        return float(array.reshape(-1)[0])

    def real(self, position: int) -> Real:
        """Input `position` as real values on the device, element-wise functions allowed."""
        value = self.value(position)
        if isinstance(value, Real):
            return value
        raise self.not_real(position, value)

    def not_real(self, position: int, value: Value) -> Refused:
        """Why `value` cannot be read as the real values of a device tensor."""
        if isinstance(value, Pending):
            return self.unquantised(
                f"reads the float result of node {value.name!r} ({value.op}); a QuantizeLinear and "
                "DequantizeLinear pair is needed between them"
            )
        if isinstance(value, Source):
            return self.unquantised(
                f"reads the {value.dtype} input {value.name!r}; only quantised models are supported: quantise it to "
                "int8 with QuantizeLinear and DequantizeLinear nodes (QDQ)"
            )
        if isinstance(value, Const | QuantConst):
            return self.error(f"input {self.node.inputs[position]!r} is a constant; supported: an activation")
        if isinstance(value, Quantised):
            return self.error(
                "works on quantised integers; supported: real values after DequantizeLinear (QDQ)"
            )
        return self.error("works on integers; supported: real values after DequantizeLinear (QDQ)")


def finite(array: Array) -> bool:
    """True if all entries are finite numbers."""
    return bool(np.isfinite(array).all())
