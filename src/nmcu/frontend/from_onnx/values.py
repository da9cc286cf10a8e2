"""What a name in an ONNX graph can stand for while it is being read.

- `Const`: a constant array.
- `QuantConst`: a dequantised constant; the integers are kept.
- `Source`: a model input that has not been quantised yet.
- `Real`: the real values of a quantised tensor on the device, or an element-wise function of them.
- `Floats`: float32 values on the device, in a section that is computed in soft float.
- `Pending`: the float result of an operator that waits for the QuantizeLinear that gives it a scale.
- `Quantised`: the integers between QuantizeLinear and DequantizeLinear.
- `Integers`: integer results that are not quantised activations (ArgMax).
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.from_onnx.file import Node
from nmcu.frontend.from_onnx.layout import Axes, Shape
from nmcu.frontend.lower.clamp import NONE, Clamp
from nmcu.graph import TensorInfo

Reals = NDArray[np.float64]


def rounded(values: Reals) -> Reals:
    """`values`, each the nearest float32."""
    return values.astype(np.float32).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Const:
    """A constant array."""

    array: NDArray[Any]

    @property
    def shape(self) -> Shape:
        return self.array.shape


@dataclass(frozen=True, eq=False)
class QuantConst:
    """`(ints - zero_point) * scale`, ints int8 or int32; scale and zero_point have one entry, or one per `axis`."""

    ints: NDArray[Any]
    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int

    @property
    def shape(self) -> Shape:
        return self.ints.shape

    @property
    def real(self) -> Reals:
        """The real values, exact products in float64."""
        shape = [1] * self.ints.ndim
        if self.scale.size > 1:
            shape[self.axis] = -1
        zero = self.zero_point.reshape(shape if self.zero_point.size > 1 else [1] * self.ints.ndim)
        return (self.ints.astype(np.float64) - zero) * self.scale.astype(np.float64).reshape(shape)


@dataclass(frozen=True, eq=False)
class Source:
    """Model input `name`, still in the model's own dtype; `moves` are applied once it is quantised."""

    name: str
    dtype: str
    model_shape: Shape
    axes: Axes
    shape: Shape
    moves: "tuple[Move, ...]" = ()


@dataclass(frozen=True, eq=False)
class Flat:
    """A map flattened in device order although the model's order differs."""

    origin: "Real"

    @property
    def order(self) -> NDArray[np.int64]:
        """`order[j]`: the model's feature that lies at device position j."""
        shape = self.origin.shape
        return np.arange(math.prod(shape)).reshape(shape).transpose(self.origin.axes).reshape(-1)


@dataclass(frozen=True, eq=False)
class Real:
    """Real values of device tensor `tensor`; `shape` is the model's, `axes` its order on the device.

    `values`, if given, are the results of the element-wise `functions` applied so far, for each of the 256
    int8 codes, (256,) or (C, 256); None stands for the tensor's own values. `singles` are the same with every step
    rounded to float32, as runtimes compute it: what a function that jumps sees. `node` is the first function's name.
    `mixed` is the node that mixed neighbours (linear Resize), if one did: the tensor holds its results rounded.
    """

    tensor: TensorInfo
    shape: Shape
    axes: Axes
    values: Reals | None = None
    singles: Reals | None = None
    functions: tuple[str, ...] = ()
    node: str = ""
    flat: Flat | None = None
    mixed: str = ""

    def codes(self) -> Reals:
        """The real value of each int8 code, functions applied."""
        if self.values is not None:
            return self.values
        scale, zero = self.tensor.quant
        return np.arange(-128 - zero, 128 - zero).astype(np.float64) * scale

    def single(self) -> Reals:
        """`codes` as float32 arithmetic gives them."""
        return rounded(self.codes()) if self.singles is None else self.singles

    def computing(self, other: "Real") -> "Real":
        """This tensor with the functions of `other` applied."""
        return dataclasses.replace(
            self, values=other.values, singles=other.singles, functions=other.functions
        )

    def apply(self, node: Node, function: Callable[[Reals], Reals], jumps: bool = False) -> "Real":
        """The same tensor with one more function applied; `jumps` if a last bit can change its result by a lot."""
        with np.errstate(all="ignore"):
            singles = rounded(function(self.single()))
            values = singles if jumps else function(self.codes())
        return dataclasses.replace(
            self,
            values=values,
            singles=singles,
            functions=(*self.functions, node.op),
            node=self.node or node.name,
        )


@dataclass(frozen=True, eq=False)
class Floats(Real):
    """float32 values on the device, in a float section: `tensor` holds them as they are."""


Emit = Callable[[TensorInfo, Clamp], Real]

Plus = Callable[[Real, tuple[int, int], TensorInfo, Clamp], Real | None]
"""Appends the operator whose result, times the first sign, and a tensor, times the second, are added up before they are
quantised and clamped; None where there is none for that."""

Step = Callable[[Real], Real]


@dataclass(frozen=True, eq=False)
class Move:
    """Data movement that keeps every value's quantisation: reshape, transpose, slice, max pooling.

    What comes after it, a clamp and the saturation of a QuantizeLinear, can be done before it, except where it makes
    values: `clamped`, if given, is the same movement with values of its own clamped (Pad); `mixes` is the name of
    the node where it mixes neighbours (linear Resize), which nothing may be moved across. `node` is what it was read
    from.
    """

    step: Step
    clamped: "Callable[[Clamp], Move] | None" = None
    mixes: str = ""
    node: Node | None = None


@dataclass(frozen=True, eq=False)
class Pending:
    """Operator `name` on tensors that are on the device, its float result of model shape `shape`.

    `emit` appends the operator for a wanted output and clamp; `moves` follow it. `range` is the output range
    where it is known without calibration (softmax). `difference` is what a Sub takes the difference of. `made`
    remembers what has been emitted, by quantisation and clamp. `node` is what it was read from. `floated` holds its
    float32 result, before clamp and moves, once something reads it as that; `sums()` makes it where it is accumulators
    times their scale.
    """

    name: str
    op: str
    shape: Shape
    emit: Emit
    clamp: Clamp = NONE
    moves: tuple[Move, ...] = ()
    range: tuple[float, float] | None = None
    affine: "Affine | None" = None
    difference: tuple[Real, Real] | None = None
    made: dict[tuple[float, int, Clamp], Real] = field(default_factory=dict)
    node: Node | None = None
    sums: Callable[[], Floats] | None = None
    plus: Plus | None = None
    floated: "list[Floats]" = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Affine:
    """How to go on folding constants into a pending convolution or linear layer.

    `rebuild(gain, offset)` is the same layer with its result multiplied by `gain` and `offset` added,
    each (Cout,) or a scalar. `reshape`, if given, is the same result in another shape with channels of its own, which
    can then be multiplied and added to; None where there is none (GroupNorm around an InstanceNormalization).
    """

    channels: int
    channel_axis: int
    rebuild: Callable[[Reals, Reals], Pending]
    reshape: "Callable[[Shape], Pending | None] | None" = None


@dataclass(frozen=True, eq=False)
class Quantised:
    """Integers of QuantizeLinear node `name`: the wanted output of `source`, made when needed.

    lo, hi are int8 bounds (a Clip on the integers tightens them); `unsigned` if the model's integers are uint8; `key`
    is what the file calls them. `made` is the device tensor once there is one: each reader finds the same.
    """

    name: str
    source: Pending | Real | Source
    wanted: TensorInfo
    unsigned: bool
    lo: int = -128
    hi: int = 127
    key: str = ""
    made: "list[Real]" = field(default_factory=list, init=False)

    @property
    def shape(self) -> Shape:
        return self.source.shape


@dataclass(frozen=True, eq=False)
class Integers:
    """An int32 device tensor; a model output of type int64."""

    tensor: TensorInfo
    shape: Shape
    axes: Axes


Value = Const | QuantConst | Source | Real | Pending | Quantised | Integers
