"""Conv, Gemm, MatMul: weights that are quantised constants, bias and constant factors folded in."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Array, Context
from nmcu.frontend.from_onnx.layout import Shape
from nmcu.frontend.from_onnx.operators.padding import explicit
from nmcu.frontend.from_onnx.operators.product import product
from nmcu.frontend.from_onnx.values import Affine, Const, Floats, Pending, QuantConst, Real, Reals
from nmcu.frontend.lower import affine, floats
from nmcu.frontend.lower.clamp import NONE, Clamp
from nmcu.frontend.lower.shape import concat, cut, reshape
from nmcu.graph import TensorInfo

MAX_ROWS = 64
"""Each row with a bias of its own has a copy of the weights."""

Emit = Callable[[affine.Weights, TensorInfo, Clamp], Real]
Plus = Callable[[affine.Weights, Real, tuple[int, int], TensorInfo, Clamp], Real | None]


@dataclasses.dataclass(frozen=True, eq=False)
class Bias:
    """Real bias: integers (Cout,) with their scale where the model has them, plus a float part.

    The float part is (Cout,), or (rows, Cout) where every row of a Gemm has a bias of its own.
    """

    quantised: QuantConst | None
    real: Reals

    @property
    def whole(self) -> Reals:
        """The bias as real numbers."""
        return self.real if self.quantised is None else self.real + self.quantised.real.reshape(-1)

    def integers(self, c: Context, scale: Array) -> Array:
        """The bias at `scale` (the accumulator's); the model's own integers where it uses this very scale."""
        total = self.real / scale
        if self.quantised is not None:
            own = np.broadcast_to(self.quantised.scale.astype(np.float64), scale.shape)
            if np.allclose(own, scale, rtol=1e-6, atol=0) and not self.quantised.zero_point.any():
                total = total + self.quantised.ints.reshape(-1)
            else:
                total = total + self.quantised.real.reshape(-1) / scale
        if not np.isfinite(total).all():
            raise c.error("the bias is not finite")
        return np.clip(np.floor(total + 0.5), -(2.0**62), 2.0**62).astype(np.int64)


def conv(c: Context) -> None:
    """2-D convolution; 1-D as a map of height 1."""
    x, weights = device.stored(c, 0), weight(c, 1, channel_axis=0)
    rank = len(x.shape)
    if rank not in (3, 4) or weights.ints.ndim != rank:
        raise c.error(
            f"input has shape {x.shape} and weights {weights.shape}; supported: 1-D and 2-D convolution"
        )
    spatial = rank - 2
    kernel = weights.shape[2:]
    if c.attribute("kernel_shape", kernel) != kernel:
        raise c.error(
            f"kernel_shape {c.attribute('kernel_shape', kernel)} does not fit weights {weights.shape}"
        )
    strides, dilations = c.ints("strides", spatial, 1), c.ints("dilations", spatial, 1)
    pads = explicit(c, x.shape[2:], kernel, strides, dilations)
    groups = c.integer("group", 1)
    if groups < 1 or weights.shape[1] * groups != x.shape[1] or weights.shape[0] % groups:
        raise c.error(f"weights {weights.shape} in {groups} groups do not fit input {x.shape}")
    sizes = tuple(
        _outputs(c, size, k, s, pads[i] + pads[i + spatial], d)
        for i, (size, k, s, d) in enumerate(zip(x.shape[2:], kernel, strides, dilations, strict=True))
    )
    filters = np.moveaxis(weights.ints, 1, -1)
    geometry = affine.Geometry((strides[0], strides[-1]), _pads(pads), (dilations[0], dilations[-1]))
    if rank == 3:
        filters = filters[:, np.newaxis]
        geometry = affine.Geometry((1, strides[0]), (0, pads[0], 0, pads[1]), (1, dilations[0]))
    name, shape = c.node.name, (1, weights.shape[0], *sizes)

    def emit(w: affine.Weights, y: TensorInfo, clamp: Clamp) -> Real:
        tensor = device.conform(c, x, (0, 2, 3, 1) if rank == 4 else (0, 2, 1))
        if rank == 3:
            tensor = reshape(c.builder, f"{name} rows", tensor, (1, 1, *tensor.shape), f"{tensor.name} rows")
        made = affine.conv(c.builder, name, tensor, y, w, geometry, groups, clamp)
        if rank == 4:
            return Real(made, shape, layout.CHANNELS_LAST)
        made = reshape(c.builder, f"{name} tokens", made, made.shape[2:], f"{y.name} tokens")
        return Real(made, shape, (0, 2, 1))

    def plus(
        w: affine.Weights, other: Real, signs: tuple[int, int], y: TensorInfo, clamp: Clamp
    ) -> Real | None:
        found = affine.conv_add(name, x.tensor, other.tensor, y, w, geometry, signs, clamp)
        if found is None:
            return None
        tensors = [device.conform(c, value, layout.CHANNELS_LAST) for value in (x, other)]
        (made,) = c.builder.add(name, found[0], tensors, [y], found[1])
        return Real(made, shape, layout.CHANNELS_LAST)

    value, found = np.ascontiguousarray(filters), bias(c, 2, weights.shape[0])
    one_map = rank == 4 and groups == 1
    c.write(pending(c, x, shape, 1, value, weights.scale, found, emit, plus if one_map else None))


def conv_transpose(c: Context) -> None:
    """2-D; weights in the file are (Cin, Cout/groups, KH, KW)."""
    x, groups = device.stored(c, 0), c.integer("group", 1)
    weights = weight(c, 1, channel_axis=1)
    if len(x.shape) != 4 or weights.ints.ndim != 4 or groups < 1:
        raise c.error(f"input has shape {x.shape} and weights {weights.shape}; supported: 2-D")
    cin, part, kh, kw = weights.shape
    if cin != x.shape[1] or cin % groups or (groups > 1 and weights.scale.size > 1):
        raise c.error(
            f"weights {weights.shape} in {groups} groups do not fit input {x.shape}, or have a scale per channel"
        )
    strides, dilations = c.ints("strides", 2, 1), c.ints("dilations", 2, 1)
    extra = c.ints("output_padding", 2, 0)
    if c.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or "output_shape" in c.node.attributes:
        raise c.error("auto_pad and output_shape are not supported; give pads and output_padding")
    pads = explicit(c, x.shape[2:], (kh, kw), strides, dilations)
    sizes = tuple(
        (n - 1) * s + d * (k - 1) + 1 - pads[i] - pads[i + 2] + e
        for i, (n, s, d, k, e) in enumerate(
            zip(x.shape[2:], strides, dilations, (kh, kw), extra, strict=True)
        )
    )
    cout, name = part * groups, c.node.name
    filters = weights.ints.reshape(groups, cin // groups, part, kh, kw).transpose(0, 2, 3, 4, 1)
    shape = (1, cout, *sizes)

    def emit(w: affine.Weights, y: TensorInfo, clamp: Clamp) -> Real:
        tensor = device.conform(c, x, layout.CHANNELS_LAST)
        geometry = affine.Geometry((strides[0], strides[1]), _pads(pads), (dilations[0], dilations[1]))
        made = affine.conv_transpose(
            c.builder, name, tensor, y, w, geometry, (extra[0], extra[1]), groups, clamp
        )
        return Real(made, shape, layout.CHANNELS_LAST)

    value = np.ascontiguousarray(filters.reshape(cout, kh, kw, cin // groups))
    c.write(pending(c, x, shape, 1, value, weights.scale, bias(c, 2, cout), emit))


def gemm(c: Context) -> None:
    """`alpha * A @ B + beta * C` with constant B and C; a C that differs by rows makes a layer of each row."""
    x = device.stored(c, 0)
    if c.integer("transA", 0) == 1:
        x = device.turned(c, x)
    transposed = c.integer("transB", 0) == 1
    weights = weight(c, 1, channel_axis=0 if transposed else 1)
    matrix = weights.ints if transposed else weights.ints.T
    alpha, beta = c.attribute("alpha", 1.0), c.attribute("beta", 1.0)
    found = _addend(c, math.prod(x.shape[:-1]), matrix.shape[0])
    if beta != 1.0:
        found = Bias(None, found.whole * beta)
    matrix, factor = _turned(c, matrix, np.full(len(matrix), alpha, np.float64))
    linear(c, x, matrix, weights.scale * factor, found)


def matmul(c: Context) -> None:
    """`A @ B` with constant B, or of two activations."""
    if not isinstance(c.value(1), Const | QuantConst):
        product(c)
        return
    x, weights = device.stored(c, 0), weight(c, 1, channel_axis=1)
    linear(c, x, weights.ints.T, weights.scale, bias(c, 2, 0))


def linear(c: Context, x: Real, matrix: Array, scale: Array, found: Bias) -> None:
    """A linear layer with weights `matrix` (Cout, Cin) on the last axis of `x`."""
    cout, cin = matrix.shape
    if not x.shape or x.shape[-1] != cin:
        raise c.error(f"weights for {cin} inputs do not fit input {x.shape}")
    name, shape = c.node.name, (*x.shape[:-1], cout)
    order = None if x.flat is None else x.flat.order

    def emit(w: affine.Weights, y: TensorInfo, clamp: Clamp) -> Real:
        if order is not None:
            w = dataclasses.replace(w, value=np.ascontiguousarray(w.value[:, order]))
            tensor = x.tensor
        else:
            tensor = device.conform(c, x, layout.identity(len(x.shape)))
        rows = reshape(
            c.builder, f"{name} rows", tensor, (math.prod(x.shape[:-1]), cin), f"{tensor.name} rows"
        )
        made = _rows(c, name, rows, y, w, clamp)
        return device.shaped(c, made, shape)

    if found.real.size == 0:
        found = Bias(None, np.zeros(cout))
    c.write(pending(c, x, shape, len(shape) - 1, np.ascontiguousarray(matrix), scale, found, emit))


def _rows(c: Context, name: str, x: TensorInfo, y: TensorInfo, w: affine.Weights, clamp: Clamp) -> TensorInfo:
    """One linear layer on all rows of `x`, or one on each where each has a bias of its own."""
    if w.bias is None or w.bias.ndim == 1:
        return affine.linear(c.builder, name, x, y, w, clamp)
    parts = []
    for i, own in enumerate(w.bias):
        each = f"{name} row {i}"
        row = cut(c.builder, f"{each} in", x, (i, 0), (1, 1), (1, x.shape[1]), f"{x.name} row {i}")
        part = dataclasses.replace(y, name=f"{y.name} row {i}")
        weights = affine.Weights(w.value, w.scale, own)
        parts.append(affine.linear(c.builder, each, row, part, weights, clamp))
    return concat(c.builder, name, parts, y, 0)


def pending(
    c: Context,
    x: Real,
    shape: Shape,
    channel_axis: int,
    value: Array,
    scale: Array,
    found: Bias,
    emit: Emit,
    plus: Plus | None = None,
) -> Pending:
    """The layer as a pending value that constants can still be folded into."""
    cout, name, op = len(value), c.node.name, c.node.op
    x_scale = x.tensor.quant[0]

    def build(integers: Array, w_scale: Array, offset: Bias) -> Pending:
        accumulator = x_scale * np.broadcast_to(w_scale.astype(np.float64), (cout,))

        def weights() -> affine.Weights:
            return affine.Weights(integers, w_scale.astype(np.float32), offset.integers(c, accumulator))

        def precise(y: TensorInfo) -> affine.Weights:
            made = weights()
            assert made.bias is not None
            _check_rounding(f"node {name!r} ({op})", made.bias * accumulator - offset.whole, y.quant[0])
            return made

        def place(y: TensorInfo, clamp: Clamp) -> Real:
            return emit(precise(y), y, clamp)

        def placed_with(other: Real, signs: tuple[int, int], y: TensorInfo, clamp: Clamp) -> Real | None:
            assert plus is not None
            return plus(precise(y), other, signs, y, clamp)

        def sums() -> Floats:
            made = emit(weights(), TensorInfo(f"{name} sums", (), "int32"), NONE)
            tensor = floats.rescale(c.builder, name, made.tensor, accumulator)
            return Floats(tensor, made.shape, made.axes)

        def rebuild(gain: Reals, added: Reals) -> Pending:
            if (gain == 1).all():
                return build(integers, w_scale, Bias(offset.quantised, offset.real + added))
            turned, factor = _turned(c, integers, gain)
            return build(turned, w_scale * factor, Bias(None, offset.whole * gain + added))

        return Pending(
            name,
            op,
            shape,
            place,
            affine=Affine(cout, channel_axis, rebuild),
            sums=sums,
            plus=placed_with if plus else None,
        )

    return build(value, scale, found)


def _check_rounding(origin: str, error: Reals, step: float) -> None:
    """Refuse a bias that is off by more than a `step` of the output: the products it is added to are coarser."""
    steps = float(np.abs(error).max(initial=0.0)) / step
    if steps > 1:
        raise ModelError(
            f"{origin}: its output's scale is so small beside those of input and weights that its bias, an integer at "
            f"their product, is {steps:.3g} steps off; supported: at most 1; quantise with scales of similar size"
        )


def _turned(c: Context, integers: Array, gain: Reals) -> tuple[Array, Reals]:
    """Weights and positive factors whose products are `integers * gain`, channel by channel."""
    if not np.isfinite(gain).all():
        raise c.error("multiplies a layer's result by a constant that is not finite")
    sign = np.sign(gain).astype(np.int64).reshape(-1, *[1] * (integers.ndim - 1))
    turned = integers * sign
    if turned.max(initial=0) > 127:
        raise c.error(
            "multiplies a layer with a weight of -128 by a negative constant, which does not fit int8"
        )
    return turned.astype(np.int8), np.where(gain == 0, 1.0, np.abs(gain))


def weight(c: Context, position: int, channel_axis: int) -> QuantConst:
    """Constant int8 weights, made to have zero point 0, quantised as a whole or along `channel_axis`."""
    value = c.value(position)
    if isinstance(value, Const):
        raise c.error(
            "has float weights; only quantised weights (DequantizeLinear of a constant) are supported"
        )
    if not isinstance(value, QuantConst):
        raise c.error("multiplies two activations; supported: constant weights")
    if value.ints.dtype != np.int8 or value.ints.size == 0:
        raise c.error(f"has {value.ints.dtype} weights of shape {value.shape}; supported: int8")
    value = centred(c, value)
    if value.ints.ndim < 2:
        raise c.error(f"has weights of shape {value.shape}; at least two axes are needed")
    if value.scale.size > 1 and value.axis != channel_axis:
        raise c.error(
            f"has weights quantised along axis {value.axis}; supported: the output channels, {channel_axis}"
        )
    return value


def centred(c: Context, value: QuantConst) -> QuantConst:
    """`value` with the zero point taken off its integers, where the differences fit int8."""
    ints = affine.centred(value.ints, value.zero_point, value.axis, c.error)
    return dataclasses.replace(value, ints=ints, zero_point=np.zeros_like(value.zero_point))


def bias(c: Context, position: int, cout: int) -> Bias:
    """The optional constant bias, one entry per output channel."""
    if not c.has(position):
        return Bias(None, np.zeros(cout))
    value = c.value(position)
    if not isinstance(value, Const | QuantConst):
        raise c.error("has a bias that is not a constant")
    if math.prod(value.shape) not in (1, cout):
        raise c.error(f"has a bias of shape {value.shape}; {cout} entries are needed")
    if isinstance(value, QuantConst) and value.ints.size == cout and value.ints.dtype == np.int32:
        return Bias(value, np.zeros(cout))
    real = value.real if isinstance(value, QuantConst) else value.array.astype(np.float64)
    return Bias(None, np.broadcast_to(real.reshape(-1), (cout,)))


def _addend(c: Context, rows: int, cout: int) -> Bias:
    """C of Gemm: anything that broadcasts to (rows, cout)."""
    if not c.has(2):
        return bias(c, 2, cout)
    shape = tuple(c.value(2).shape)
    if len(shape) > 2 or any(d not in (1, n) for d, n in zip(shape[::-1], (cout, rows), strict=False)):
        raise c.error(f"C has shape {shape}, which does not broadcast to ({rows}, {cout})")
    if len(shape) < 2 or shape[0] == 1:
        return bias(c, 2, cout)
    if rows > MAX_ROWS:
        raise c.error(f"C has shape {shape}: another bias for each of {rows} rows; supported: {MAX_ROWS}")
    return Bias(None, np.broadcast_to(c.constant(2).astype(np.float64), (rows, cout)))


def _outputs(c: Context, size: int, kernel: int, stride: int, pads: int, dilation: int) -> int:
    count = (size + pads - dilation * (kernel - 1) - 1) // stride + 1
    if count < 1:
        raise c.error(f"kernel {kernel} with dilation {dilation} is larger than the padded map {size + pads}")
    return count


def _pads(pads: tuple[int, ...]) -> tuple[int, int, int, int]:
    return pads[0], pads[len(pads) // 2 - 1], pads[len(pads) // 2], pads[-1]
