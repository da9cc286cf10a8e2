"""Steps of several tensors: sums, products, extrema, concatenation."""

import numpy as np

from nmcu.bench.differential.tflite.network import Activation, Network, Shape


def add(n: Network) -> None:
    """ADD."""
    _arithmetic(n, "ADD", "AddOptions")


def sub(n: Network) -> None:
    """SUB."""
    _arithmetic(n, "SUB", "SubOptions")


def mul(n: Network) -> None:
    """MUL."""
    _arithmetic(n, "MUL", "MulOptions")


def div(n: Network) -> None:
    """DIV by a constant without zeros: LiteRT ends the run where a divisor is 0."""
    x = n.any("int8")
    shape = tuple(1 if n.chance(4) else d for d in x.shape)
    zero, codes = n.zero(), n.numbers(shape)
    codes = np.where(codes == zero, zero + (1 if zero < 127 else -1), codes).astype(np.int8)
    scale = n.scale(x.scale)
    other = n.model.tensor(*shape, scale=scale, zero=zero, data=codes)
    y = n.free(x, x.shape, x.scale / scale)
    n.model.op("DIV", [x.index, other], [y], "DivOptions", FusedActivationFunction=n.activation())


def squared_difference(n: Network) -> None:
    """SQUARED_DIFFERENCE."""
    x = n.any("int8", most=4)
    other = _operand(n, x, (n.scale(x.scale), n.zero(x.dtype)), alike=False)
    scale = max(x.scale, n.model.tensors[other].scale[0])
    y = n.free(x, _broadcast(x.shape, n.model.tensors[other].shape), scale * scale * 60)
    pair = [x.index, other] if n.chance(2) else [other, x.index]
    n.model.op("SQUARED_DIFFERENCE", pair, [y], "SquaredDifferenceOptions")


def maximum(n: Network) -> None:
    """MAXIMUM."""
    _extremum(n, "MAXIMUM")


def minimum(n: Network) -> None:
    """MINIMUM."""
    _extremum(n, "MINIMUM")


def concatenation(n: Network) -> None:
    """CONCATENATION along any axis, of the same tensor twice, too; int8 parts of equal scales."""
    x = n.any()
    axis = n.integer(0, len(x.shape) - 1)
    parts, length = [x.index], x.shape[axis]
    for _ in range(n.integer(0, 3)):
        same = [a for a in n.activations if _joins(a, x, axis)]
        if same and n.chance(2):
            other = n.choice(same[::-1])
            n.used.add(other.index)
            parts.append(other.index)
            length += other.shape[axis]
        else:
            size = n.integer(1, 4)
            shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
            quant = (x.scale, x.zero) if not n.chance(20) else (n.scale(x.scale), n.zero())
            parts.append(_constant(n, shape, *quant, x.dtype))
            length += size
    if n.chance(2):
        parts.reverse()
    y = n.like(x, (*x.shape[:axis], length, *x.shape[axis + 1 :]))
    given = axis - len(x.shape) if n.chance(3) else axis
    activation = n.activation() if n.chance(20) else 0
    fields = {"Axis": given, "FusedActivationFunction": activation}
    n.model.op("CONCATENATION", parts, [y], "ConcatenationOptions", **fields)


def _joins(a: Activation, x: Activation, axis: int) -> bool:
    rest = [(d, e) for i, (d, e) in enumerate(zip(a.shape, x.shape, strict=False)) if i != axis]
    fits = len(a.shape) == len(x.shape) and all(d == e for d, e in rest)
    return fits and (a.scale, a.zero, a.dtype) == (x.scale, x.zero, x.dtype)


def _arithmetic(n: Network, code: str, table: str) -> None:
    x = n.any()
    other = _operand(n, x, (n.scale(x.scale), n.zero(x.dtype)), alike=False)
    scale = n.model.tensors[other].scale[0]
    shape = _broadcast(x.shape, n.model.tensors[other].shape)
    y = n.free(x, shape, x.scale * scale * 60 if code == "MUL" else max(x.scale, scale))
    pair = [x.index, other] if n.chance(2) else [other, x.index]
    n.model.op(code, pair, [y], table, FusedActivationFunction=n.activation())


def _extremum(n: Network, code: str) -> None:
    x = n.any()
    other = _operand(n, x, (x.scale, x.zero), alike=not n.chance(20))
    y = n.like(x, _broadcast(x.shape, n.model.tensors[other].shape))
    pair = [x.index, other] if n.chance(2) else [other, x.index]
    n.model.op(code, pair, [y], "MaximumMinimumOptions")


def _operand(n: Network, x: Activation, quant: tuple[float, int], alike: bool) -> int:
    """A tensor to combine with `x`: `x` itself, another one, a constant, a part of the shape that broadcasts."""
    kind = n.choice(("constant", "known", "itself", "known", "constant"))
    if kind == "itself":
        return x.index
    if kind == "known":
        fits = [a for a in n.activations if a.dtype == x.dtype and _fits(a.shape, x.shape)]
        fits = [a for a in fits if not alike or (a.scale, a.zero) == (x.scale, x.zero)]
        other = n.choice(fits[::-1])
        n.used.add(other.index)
        return other.index
    shape = tuple(1 if n.chance(4) else d for d in x.shape)
    shape = shape[n.integer(0, len(shape) - 1) :] if n.chance(2) else shape
    return _constant(n, shape, *quant, x.dtype)


def _constant(n: Network, shape: Shape, scale: float, zero: int, dtype: str) -> int:
    data = n.numbers(shape)
    values = (data + 128).astype(np.uint8) if dtype == "uint8" else data.astype(np.int8)
    return n.model.tensor(*shape, scale=scale, zero=zero, data=values, dtype=dtype)


def _fits(a: Shape, b: Shape) -> bool:
    return all(d == e or 1 in (d, e) for d, e in zip(a[::-1], b[::-1], strict=False))


def _broadcast(a: Shape, b: Shape) -> Shape:
    return tuple(int(d) for d in np.broadcast_shapes(a, b))
