"""Data movement: on stored values, on functions of them, on results that wait for a scale, on integers, on inputs."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Form, Shape, Value

Move = Callable[[Network, Value], Value]
MOST = 1200
"""Elements of a tensor."""


def moved(net: Network, x: Value) -> Value:
    """`x` moved once, in any way that its shape and form allow."""
    return net.any_of([move for move, fits in _MOVES if fits(x)])(net, x)


def _one(net: Network, x: Value, shape: Shape, op: str, *rest: str, **attributes: object) -> Value:
    made = net.result(op, x, _form(x), *rest, **attributes)
    return dataclasses.replace(made, shape=shape)


def _form(x: Value) -> Form:
    return "pending" if x.form == "affine" else x.form


def _ints(net: Network, *values: int) -> str:
    return net.constant(np.array(values, np.int64))


def identity(net: Network, x: Value) -> Value:
    """The same."""
    return _one(net, x, x.shape, "Identity")


def transpose(net: Network, x: Value) -> Value:
    """Any permutation."""
    perm = net.draw_permutation(x.rank)
    attributes = {} if perm == tuple(reversed(range(x.rank))) and net.maybe() else {"perm": perm}
    return _one(net, x, tuple(x.shape[p] for p in perm), "Transpose", **attributes)


def reshape(net: Network, x: Value) -> Value:
    """To any factors of the number of elements; with 0 and -1 for some."""
    rest, new = math.prod(x.shape), [1] if x.shape and x.shape[0] == 1 and net.maybe() else []
    for _ in range(net.number(0, 3)):
        new.append(net.any_of([d for d in range(1, rest + 1) if rest % d == 0]))
        rest //= new[-1]
    new.append(rest)
    given = list(new)
    if net.maybe():
        given[net.number(0, len(given) - 1)] = -1
    if net.maybe():
        given = [0 if i < x.rank and d == x.shape[i] else d for i, d in enumerate(given)]
    return _one(net, x, tuple(new), "Reshape", _ints(net, *given))


def flatten(net: Network, x: Value) -> Value:
    """To two axes."""
    axis = net.number(0, x.rank)
    shape = (math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))
    given = axis - x.rank if 0 < axis < x.rank and net.maybe() else axis
    return _one(net, x, shape, "Flatten", **({} if axis == 1 and net.maybe() else {"axis": given}))


def squeeze(net: Network, x: Value) -> Value:
    """Some of the axes of size 1, or all."""
    ones = [a for a, d in enumerate(x.shape) if d == 1]
    if net.maybe() and len(ones) < x.rank:
        return _one(net, x, tuple(d for d in x.shape if d != 1), "Squeeze")
    axis = net.any_of(ones)
    shape = tuple(d for a, d in enumerate(x.shape) if a != axis)
    return _one(net, x, shape, "Squeeze", _ints(net, axis - x.rank if net.maybe() else axis))


def unsqueeze(net: Network, x: Value) -> Value:
    """One or two new axes."""
    count = net.number(1, min(2, 5 - x.rank))
    rank = x.rank + count
    axes = sorted(net.draw_distinct(count, rank))
    shape = list(x.shape)
    for axis in axes:
        shape.insert(axis, 1)
    given = [a - rank for a in axes] if net.maybe() else axes
    return _one(net, x, tuple(shape), "Unsqueeze", _ints(net, *given))


def slice_(net: Network, x: Value) -> Value:
    """Ranges on some axes, backwards too; ends beyond the tensor."""
    axes = net.draw_distinct(net.number(1, min(2, x.rank)), x.rank)
    starts, ends, steps, shape = [], [], [], list(x.shape)
    for axis in axes:
        size = x.shape[axis]
        first, step = net.number(0, size - 1), net.number(1, 3)
        last = net.number(first + 1, size)
        shape[axis] = -(-(last - first) // step)
        if net.number(0, 4) == 4:
            starts.append(first + step * (shape[axis] - 1))
            ends.append(first - 1 if first else net.any_of((-size - 1, -(2**31), -(2**63))))
            steps.append(-step)
            continue
        starts.append(first - size if net.maybe() else first)
        ends.append(net.any_of((size, size + 9, 2**31 - 1, 2**63 - 1)) if last == size else last)
        steps.append(step)
    if all(s == 1 for s in steps) and net.maybe():
        if axes == tuple(range(len(axes))) and net.maybe():
            return _one(net, x, tuple(shape), "Slice", _ints(net, *starts), _ints(net, *ends))
        return _one(net, x, tuple(shape), "Slice", _ints(net, *starts), _ints(net, *ends), _ints(net, *axes))
    given = [a - x.rank if net.maybe() else a for a in axes]
    rest = (_ints(net, *starts), _ints(net, *ends), _ints(net, *given), _ints(net, *steps))
    return _one(net, x, tuple(shape), "Slice", *rest)


def split(net: Network, x: Value) -> Value:
    """Parts along one axis; one of them goes on, the others are read by nobody or quantised."""
    axis = net.any_of([a for a, d in enumerate(x.shape) if d > 1])
    size = x.shape[axis]
    attributes: dict[str, Any] = {"axis": axis - x.rank if net.maybe() else axis}
    rest: tuple[str, ...] = ()
    if net.maybe():
        parts = net.any_of([p for p in range(2, size + 1) if size % p == 0 or net.opset >= 18])
        chunk = -(-size // parts)
        sizes = [min(chunk, size - chunk * i) for i in range(parts)]
        if min(sizes) < 1:
            parts, sizes = 2, [-(-size // 2), size // 2]
        if net.opset >= 18:
            attributes["num_outputs"] = parts
        elif len(set(sizes)) > 1:
            rest = (_ints(net, *sizes),)
    else:
        first = net.number(1, size - 1)
        sizes = [first, size - first]
        rest = (_ints(net, *sizes),)
    names = net.node("Split", net.use(x), *rest, outputs=len(sizes), **attributes)
    pieces = [
        dataclasses.replace(
            x, name=name, form=_form(x), integers="", shape=(*x.shape[:axis], n, *x.shape[axis + 1 :])
        )
        for name, n in zip(names, sizes, strict=True)
    ]
    kept = pieces.pop(net.number(0, len(pieces) - 1))
    if x.form != "integers" and x.form != "source" and net.maybe():
        net.pair(pieces[0])
    return kept


def gather(net: Network, x: Value) -> Value:
    """One index, a range or a list of them."""
    axis = net.number(0, x.rank - 1)
    size = x.shape[axis]
    if net.maybe() and x.rank > 1:
        index = np.array(net.number(-size, size - 1), np.int64)
    else:
        first, step = net.number(0, size - 1), net.number(1, 2)
        index = np.arange(first, size, step, dtype=np.int64)
        if net.maybe():
            index = np.array([net.number(-size, size - 1) for _ in range(net.number(1, 5))], np.int64)
        if x.rank < 4 and net.maybe():
            index = index.reshape(1, -1)
    shape = (*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])
    return _one(net, x, shape, "Gather", net.constant(index), axis=axis)


def pad(net: Network, x: Value) -> Value:
    """A constant border on some axes: 0, a value of the grid, any value."""
    before = [net.number(0, 2) if net.maybe() else 0 for _ in x.shape]
    after = [net.number(0, 2) if net.maybe() else 0 for _ in x.shape]
    shape = tuple(b + d + a for b, d, a in zip(before, x.shape, after, strict=True))
    if x.shape[0] == 1 and x.rank > 2:
        before[0] = after[0] = 0
        shape = (1, *shape[1:])
    if math.prod(shape) > MOST:
        return identity(net, x)
    if net.number(0, 3) == 3:
        return _mirrored(net, x)
    axes = tuple(range(x.rank))
    rest: list[str] = []
    if net.opset >= 18 and net.maybe():
        axes = tuple(a for a in axes if before[a] or after[a]) or axes
        rest = [_ints(net, *(a - x.rank if net.maybe() else a for a in axes))]
    value = _border(net, x)
    pads = _ints(net, *(before[a] for a in axes), *(after[a] for a in axes))
    inputs = [pads, value, *rest]
    if not rest and not value:
        inputs = [pads]
    made = _one(net, x, shape, "Pad", *inputs, **({"mode": "constant"} if net.maybe() else {}))
    return dataclasses.replace(made, form="pending") if x.form in ("stored", "function") and value else made


def _mirrored(net: Network, x: Value) -> Value:
    """A border of the tensor's own elements."""
    mode = net.any_of(("reflect", "edge"))
    most = [min(2, d - 1) if mode == "reflect" else 2 for d in x.shape]
    before, after = ([net.number(0, m) if net.maybe() else 0 for m in most] for _ in "ab")
    shape = tuple(b + d + a for b, d, a in zip(before, x.shape, after, strict=True))
    if math.prod(shape) > MOST:
        return identity(net, x)
    return _one(net, x, shape, "Pad", _ints(net, *before, *after), mode=mode)


def expand(net: Network, x: Value) -> Value:
    """Axes of size 1 repeated, more axes in front perhaps."""
    shape = tuple(net.number(1, 4) if d == 1 and net.maybe() else d for d in x.shape)
    given = tuple(1 if d == e and net.maybe() else e for d, e in zip(x.shape, shape, strict=True))
    if x.rank < 4 and net.maybe():
        shape, given = (1, *shape), (1, *given)
    if math.prod(shape) > MOST:
        return identity(net, x)
    return _one(net, x, shape, "Expand", _ints(net, *given))


def tile(net: Network, x: Value) -> Value:
    """Again and again along some axes."""
    times = [net.number(1, 3) if net.maybe() else 1 for _ in x.shape]
    shape = tuple(d * n for d, n in zip(x.shape, times, strict=True))
    return identity(net, x) if math.prod(shape) > MOST else _one(net, x, shape, "Tile", _ints(net, *times))


def blocks(net: Network, x: Value) -> Value:
    """DepthToSpace or SpaceToDepth."""
    n, channels, height, width = x.shape
    size = net.any_of([b for b in (2, 3, 1) if channels % b**2 == 0])
    if size > 1 or net.maybe():
        attributes: dict[str, Any] = {"blocksize": size}
        if net.maybe():
            attributes["mode"] = net.any_of(("DCR", "CRD"))
        return _one(
            net, x, (n, channels // size**2, height * size, width * size), "DepthToSpace", **attributes
        )
    size = net.any_of([b for b in (2, 3, 1) if height % b == width % b == 0])
    shape = (n, channels * size**2, height // size, width // size)
    return _one(net, x, shape, "SpaceToDepth", blocksize=size)


def extreme(net: Network, x: Value) -> Value:
    """ReduceMax or ReduceMin over any axes."""
    op, keep = net.any_of(("ReduceMax", "ReduceMin")), net.maybe()
    axes = net.draw_distinct(net.number(1, x.rank), x.rank)
    given = [a - x.rank if net.maybe() else a for a in axes]
    attributes: dict[str, Any] = {} if keep and net.maybe() else {"keepdims": int(keep)}
    shape = tuple(1 if a in axes else d for a, d in enumerate(x.shape) if keep or a not in axes)
    if net.opset >= 18:
        return _one(net, x, shape, op, _ints(net, *given), **attributes)
    return _one(net, x, shape, op, axes=given, **attributes)


def _border(net: Network, x: Value) -> str:
    """The name of a constant to pad with; none stands for 0."""
    if net.maybe():
        return ""
    if x.form == "integers":
        kind = np.uint8 if x.unsigned else np.int8
        return net.constant(kind(net.any_of((0, 100, 127, 17))))
    value = net.any_of((0.0, x.low, x.high, x.high * 2, x.low / 3))
    if x.quant is not None and net.maybe():
        value = 5 * x.quant[0]
    return net.constant(np.float32(value))


def window(net: Network, size: int) -> tuple[int, int, int, int]:
    """Kernel, stride and pads along an axis."""
    kernel, stride = net.number(1, min(4, size)), net.number(1, 3)
    low, high = (min(kernel - 1, net.number(0, 2)) if net.maybe() else 0 for _ in range(2))
    return kernel, stride, low, high


def max_pool(net: Network, x: Value) -> Value:
    """Windows with pads, auto_pad or ceil_mode; over the whole map."""
    if x.form != "integers" and net.maybe():
        return _one(net, x, (*x.shape[:2], 1, 1), "GlobalMaxPool")
    attributes, sizes = pooling(net, x.shape[2:])
    return _one(net, x, (*x.shape[:2], *sizes), "MaxPool", **attributes)


def pooling(net: Network, sizes: Shape) -> tuple[dict[str, object], Shape]:
    """Attributes of a pooling node, and what sizes it gives."""
    windows = [window(net, size) for size in sizes]
    kernel, strides = [w[0] for w in windows], [w[1] for w in windows]
    attributes: dict[str, object] = {"kernel_shape": kernel}
    if any(s != 1 for s in strides):
        attributes["strides"] = strides
    same = ("SAME_UPPER", "SAME_LOWER") if all(w[1] <= w[0] for w in windows) else ()
    auto = net.any_of(("NOTSET", "NOTSET", "VALID", *same))
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        return attributes | {"auto_pad": auto}, tuple(-(-n // s) for n, s in zip(sizes, strides, strict=True))
    pads = [0, 0] if auto == "VALID" else [w[2] + w[3] for w in windows]
    if auto == "VALID":
        attributes["auto_pad"] = auto
    elif any(pads):
        attributes["pads"] = [*(w[2] for w in windows), *(w[3] for w in windows)]
    ceil = net.maybe()
    if ceil:
        attributes["ceil_mode"] = 1
    made = []
    for size, (k, s, low, _), pad_ in zip(sizes, windows, pads, strict=True):
        room = size + pad_ - k
        count = room // s + 1
        begin = 0 if auto == "VALID" else low
        if ceil and room % s and count * s < size + begin:
            count += 1
        made.append(count)
    return attributes, tuple(made)


def resize(net: Network, x: Value) -> Value:
    """Nearest or linear, by sizes or scales, in all coordinate modes."""
    new = tuple(net.number(1, 2 * d + 1) for d in x.shape[2:])
    modes = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]
    modes += ["half_pixel_symmetric"] if net.opset >= 19 else []
    attributes: dict[str, object] = {"coordinate_transformation_mode": net.any_of(modes)}
    linear = x.form in ("stored", "function") and net.maybe()
    if linear:
        attributes["mode"] = "linear"
    else:
        attributes["nearest_mode"] = net.any_of(("round_prefer_floor", "floor", "ceil", "round_prefer_ceil"))
    axes: tuple[int, ...] = (0, 1, 2, 3)
    if net.opset >= 18 and net.maybe():
        axes = (2, 3)
        attributes["axes"] = axes
    if net.maybe():
        sizes = _ints(net, *(*x.shape[:2], *new)[4 - len(axes) :])
        made = _one(net, x, (*x.shape[:2], *new), "Resize", "", "", sizes, **attributes)
    else:
        factors = [net.any_of((2.0, 1.0, 1.4, 0.5, 1.6, 2.4, 0.7, 3.0)) for _ in new]
        new = tuple(int(np.float32(d) * np.float32(f)) for d, f in zip(x.shape[2:], factors, strict=True))
        inferred = [int(d * float(np.float32(f))) for d, f in zip(x.shape[2:], factors, strict=True)]
        if min(new) < 1 or new != tuple(inferred):  # ONNX infers another size than ONNX Runtime computes
            return identity(net, x)
        scales = net.constant(np.array([1.0, 1.0, *factors][4 - len(axes) :], np.float32))
        made = _one(net, x, (*x.shape[:2], *new), "Resize", "", scales, **attributes)
    return dataclasses.replace(made, form="pending") if linear else made


def dropout(net: Network, x: Value) -> Value:
    """At inference."""
    return _one(net, x, x.shape, "Dropout", *([net.constant(np.float32(0.3))] if net.maybe() else []))


def half(net: Network, x: Value) -> Value:
    """To float16 and back."""
    y = _one(net, x, x.shape, "Cast", to=10)
    return _one(net, y, x.shape, "Cast", to=1)


def _always(x: Value) -> bool:
    return True


_MOVES: tuple[tuple[Move, Callable[[Value], bool]], ...] = (
    (identity, _always),
    (transpose, lambda x: x.rank > 1),
    (reshape, _always),
    (flatten, lambda x: x.rank > 0),
    (squeeze, lambda x: 1 in x.shape and x.rank > 1),
    (unsqueeze, lambda x: x.rank < 5),
    (slice_, lambda x: x.rank > 0),
    (split, lambda x: max(x.shape, default=1) > 1),
    (gather, lambda x: x.rank > 0),
    (pad, lambda x: x.rank > 0),
    (max_pool, lambda x: x.is_map and x.form != "source"),
    (resize, lambda x: x.is_map and math.prod(x.shape) < 250),
    (expand, lambda x: x.form != "source"),
    (tile, lambda x: x.rank > 0),
    (blocks, lambda x: x.is_map),
    (extreme, lambda x: x.rank > 0 and x.form != "source"),
    (dropout, lambda x: x.form not in ("integers", "source")),
    (half, lambda x: x.form not in ("integers", "source") and x.reach < 60000 and x.reach > 1e-3),
)
