"""MatMul of two activations: the products of attention, with the heads where they lie."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.layout import Axes
from nmcu.frontend.from_onnx.values import Affine, Pending, Real, Reals
from nmcu.frontend.lower import attention
from nmcu.frontend.lower.clamp import Clamp
from nmcu.frontend.lower.shape import device_shape, reshape
from nmcu.graph import TensorInfo


@dataclasses.dataclass(frozen=True)
class _Form:
    """One way to compute the product: the order of the operands and of the result on the device."""

    lower: Callable[..., TensorInfo]
    a: Axes
    b: Axes
    y: Axes

    def moves(self, a: Real, b: Real) -> int:
        """How many operands have to be transposed."""
        return sum(
            layout.significant(x.shape, x.axes) != layout.significant(x.shape, wanted)
            for x, wanted in ((a, self.a), (b, self.b))
        )


def product(c: Context) -> None:
    """`A @ B` of two activations with equal leading axes, which are the heads.

    Keys that reduce along their channels, or values that reduce along tokens: whichever moves less data.
    """
    (a, gain_a), (b, gain_b) = _operand(c, 0), _operand(c, 1)
    rank = len(a.shape)
    if rank < 2 or len(b.shape) != rank or a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[-2]:
        raise c.error(f"multiplies {a.shape} and {b.shape}; equal leading axes are needed")
    heads, first, last = math.prod(a.shape[:-2]), rank - 2, rank - 1
    lead = tuple(range(rank - 2))
    scores = _Form(attention.scores, (first, *lead, last), (last, *lead, first), layout.identity(rank))
    values = _Form(attention.values, layout.identity(rank), (first, *lead, last), (first, *lead, last))
    form = min((scores, values), key=lambda f: f.moves(a, b))
    name, op, shape = c.node.name, c.node.op, (*a.shape[:-1], b.shape[-1])

    def build(gain: float) -> Pending:
        def emit(y: TensorInfo, clamp: Clamp) -> Real:
            pair = _matrix(c, a, form.a), _matrix(c, b, form.b)
            made = form.lower(c.builder, name, pair, y, heads, gain, clamp)
            wanted = device_shape(layout.permuted(shape, form.y))
            made = reshape(c.builder, f"{name} shape", made, wanted, f"{made.name} shape")
            return Real(made, shape, form.y)

        def rebuild(factor: Reals, offset: Reals) -> Pending:
            if offset.any() or not (np.isfinite(factor).all() and (factor > 0).all()):
                raise c.error("adds a constant to, or turns the sign of, a product of two activations")
            return build(gain * float(factor[0]))

        return Pending(name, op, shape, emit, affine=Affine(1, last, rebuild))

    c.write(build(gain_a * gain_b))


def _operand(c: Context, position: int) -> tuple[Real, float]:
    """Input `position` as a plain tensor and the factor that its values are to be multiplied with."""
    x = c.real(position)
    if x.values is not None and x.values.ndim == 1:
        own = dataclasses.replace(x, values=None, functions=(), node="")
        codes = own.codes()
        step = float(x.values[-1] - x.values[0]) / float(codes[-1] - codes[0])
        if step > 0 and np.allclose(x.values, codes * step, rtol=1e-6, atol=1e-6 * abs(step)):
            return own, step
    return device.plain(c, x), 1.0


def _matrix(c: Context, x: Real, axes: Axes) -> TensorInfo:
    """`x` in the order `axes` as a matrix: all but the first axis together where heads are slices of the channels, all
    but the last where they are blocks of rows."""
    tensor = device.conform(c, x, axes)
    full = layout.permuted(x.shape, axes)
    rows = math.prod(full[:-1]) if axes == layout.identity(len(axes)) else full[0]
    matrix = (rows, math.prod(full) // rows)
    return reshape(c.builder, f"{tensor.name} matrix", tensor, matrix, f"{tensor.name} matrix")
