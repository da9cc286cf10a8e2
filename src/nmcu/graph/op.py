"""The base of all operators: typed attributes, and their way into an `ir.Node` and back."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph.rows import Rows
from nmcu.graph.tensor import Shape, TensorInfo

DOMAIN = "nmcu"
Array = NDArray[Any]
Constants = Mapping[str, Array]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Op:
    """One operator of the integer graph.

    A subclass is a frozen dataclass with fields of type int, bool, float, str, tuple[int, ...] or
    tuple[float, ...]; floats are float32 values. Node inputs are the activations followed by the constants in
    the order of `CONSTANTS`.
    """

    KIND: ClassVar[str]
    """The user-facing word: conv, linear, add, ..."""
    INPUTS: ClassVar[int | None] = 1
    """Number of activation inputs; None for one or more."""
    CONSTANTS: ClassVar[Mapping[str, str]] = {}
    """Name and NumPy dtype name of each constant, in order."""
    WEIGHTS: ClassVar[tuple[str, ...]] = ("weight",)
    """Names of the constants that are weights, where it has them."""
    IN_PLACE: ClassVar[Mapping[int, int]] = {}
    """Outputs that may be given the memory of an input, by number: every kernel reads that before it writes them."""
    FLOAT: ClassVar[bool] = False
    """Whether it takes float32 tensors."""
    SUMMARY: ClassVar[str]
    """One line for the operator table in the documentation."""

    @property
    def kind(self) -> str:
        """The user-facing word for this operator."""
        return self.KIND

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        """Shapes of the outputs; raises `ModelError` where inputs, attributes and constants do not fit."""
        raise NotImplementedError

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        """The specification: outputs for `inputs`, bit for bit."""
        raise NotImplementedError

    def many(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        """`reference` of several runs, whose arrays have an axis of runs in front."""
        runs = [self.reference(arrays, constants) for arrays in zip(*inputs, strict=True)]
        return tuple(np.stack(results) for results in zip(*runs, strict=True))

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        """Multiply-accumulate operations with weights, zeros counted."""
        return 0

    def matrices(self, inputs: Sequence[TensorInfo]) -> Mapping[str, tuple[str, int]]:
        """Of an operator with several weight matrices (rows, columns): by name the bias of its rows, and the zero point
        of what the matrix is multiplied with, which is folded into it."""
        return {}

    def rows_read(
        self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows
    ) -> tuple[Rows | None, ...] | None:
        """The rows of each input that `rows` of the output are computed from, None for all of an input; None where
        the operator is not computed by rows."""
        return None

    def constants_of_rows(self, constants: Constants, rows: Rows) -> Constants:
        """The constants of the operator that computes `rows` of the output."""
        return constants

    def of_rows(self, inputs: Sequence[TensorInfo], constants: Constants, rows: Rows) -> Self:
        """The operator that computes `rows` of the output from what `rows_read` names."""
        return self

    def attributes(self) -> list[ir.Attr]:
        """The fields as node attributes."""
        return [_ATTR[kind](name, getattr(self, name)) for name, kind in _fields(type(self)).items()]

    @classmethod
    def from_node(cls, node: ir.Node) -> Self:
        """The typed operator of `node`; raises `ModelError` for a missing, unknown or ill-typed attribute."""
        wanted = _fields(cls)
        if set(node.attributes) != set(wanted):
            raise ModelError(
                f"node {node.name!r} ({cls.__name__}) has attributes {sorted(node.attributes)}; "
                f"needed: {sorted(wanted)}"
            )
        values = {}
        for name, kind in wanted.items():
            attr = node.attributes[name]
            if attr.type != _TYPE[kind]:
                raise ModelError(
                    f"node {node.name!r} ({cls.__name__}): attribute {name!r} is {attr.type}, "
                    f"needed: {_TYPE[kind]}"
                )
            values[name] = _PYTHON[kind](attr.value)
        return cls(**values)


Ints = tuple[int, ...]
Floats = tuple[float, ...]


def _fields(cls: type[Op]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {f.name: _storage(hints[f.name]) for f in dataclasses.fields(cls)}


def _storage(hint: Any) -> Any:
    if typing.get_origin(hint) is typing.Literal:
        return str
    if typing.get_origin(hint) is tuple:
        return Ints if typing.get_args(hint)[0] is int else Floats
    return hint


_ATTR: Mapping[Any, Any] = {
    int: ir.AttrInt64,
    bool: lambda name, value: ir.AttrInt64(name, int(value)),
    float: ir.AttrFloat32,
    str: ir.AttrString,
    Ints: ir.AttrInt64s,
    Floats: ir.AttrFloat32s,
}
_TYPE: Mapping[Any, ir.AttributeType] = {
    int: ir.AttributeType.INT,
    bool: ir.AttributeType.INT,
    float: ir.AttributeType.FLOAT,
    str: ir.AttributeType.STRING,
    Ints: ir.AttributeType.INTS,
    Floats: ir.AttributeType.FLOATS,
}
_PYTHON: Mapping[Any, Any] = {
    int: int,
    bool: bool,
    float: lambda v: float(np.float32(v)),
    str: str,
    Ints: lambda v: tuple(int(x) for x in v),
    Floats: lambda v: tuple(float(np.float32(x)) for x in v),
}
