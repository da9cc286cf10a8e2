"""Steps that move values or rename shapes."""

import math
from collections.abc import Sequence

import numpy as np

from nmcu.bench.differential.tflite.network import Activation, Network, Shape


def reshape(n: Network) -> None:
    """RESHAPE, its shape an input, an option or both."""
    x = n.any(least=0)
    shape = _factors(n, math.prod(x.shape))
    given = list(shape)
    if n.chance(3):
        given[n.integer(0, len(given) - 1)] = -1
    at = n.choice(("input", "both", "option"))
    inputs = [x.index] if at == "option" else [x.index, n.ints(given)]
    y = n.like(x, shape)
    if at == "input":
        n.model.op("RESHAPE", inputs, [y])
    else:
        n.model.op("RESHAPE", inputs, [y], "ReshapeOptions", NewShape=given)


def squeeze(n: Network) -> None:
    """SQUEEZE of some or all axes of size 1."""
    x = n.any()
    ones = [a for a, d in enumerate(x.shape) if d == 1]
    gone = n.subset(ones)
    given = [a - len(x.shape) if n.chance(3) else a for a in gone]
    gone = gone or ones
    shape = tuple(d for a, d in enumerate(x.shape) if a not in gone)
    n.model.op("SQUEEZE", [x.index], [n.like(x, shape)], "SqueezeOptions", SqueezeDims=given)


def expand_dims(n: Network) -> None:
    """EXPAND_DIMS at any place."""
    x = n.any(least=0, most=4)
    at = n.integer(0, len(x.shape))
    given = at - len(x.shape) - 1 if n.chance(3) else at
    shape = (*x.shape[:at], 1, *x.shape[at:])
    n.model.op(
        "EXPAND_DIMS", [x.index, n.ints([given], n.chance(3))], [n.like(x, shape)], "ExpandDimsOptions"
    )


def slice_(n: Network) -> None:
    """SLICE."""
    x, begin, size = n.any(), [], []
    for d in x.shape:
        begin.append(n.integer(0, d - 1) if n.chance(2) else 0)
        rest = d - begin[-1]
        size.append(n.integer(1, rest) if n.chance(2) else rest)
    given = [-1 if s == d - b and n.chance(2) else s for s, d, b in zip(size, x.shape, begin, strict=True)]
    wide = n.chance(3)
    inputs = [x.index, n.ints(begin, wide), n.ints(given, wide)]
    n.model.op("SLICE", inputs, [n.like(x, tuple(size))], "SliceOptions")


def strided_slice(n: Network) -> None:
    """STRIDED_SLICE with masks, ends that count from the back or lie outside, and axes that vanish, backwards
    too; or with offsets."""
    x, relative = n.any(), n.chance(4)

    def odd(one_in: int) -> bool:
        return not relative and n.chance(one_in)

    begin, end, strides, shape = [], [], [], []
    masks = {"BeginMask": 0, "EndMask": 0, "ShrinkAxisMask": 0}
    for a, d in enumerate(x.shape):
        first, step = n.choice((0, 0, d - 1, n.integer(0, d - 1))), n.choice((1, 1, 2, 3))
        last = n.integer(first + 1, d) if n.chance(2) else d
        if odd(6):
            masks["ShrinkAxisMask"] |= 1 << a
            begin.append(first - d if n.chance(2) else first)
            end.append(first + 1)
            strides.append(1)
            continue
        shape.append(-(-(last - first) // step))
        if odd(5):  # the same elements backwards
            first, last = first + step * (shape[-1] - 1), first - step
            step = -step
            begin.append(first)
            end.append(last - d if last < 0 else last)
            strides.append(step)
            continue
        if first == 0 and odd(3):
            masks["BeginMask"] |= 1 << a
            first = n.integer(0, d)
        if last == d and odd(3):
            masks["EndMask"] |= 1 << a
            last = n.integer(0, d)
        elif last == d and odd(4):
            last = d + n.integer(1, 3)
        elif last < d and odd(3):
            last -= d
        begin.append(first - d if 0 < first < d and odd(3) else first)
        end.append(last)
        strides.append(step)
    if relative:
        masks["Offset"] = 1
        end = [e - b for b, e in zip(begin, end, strict=True)]
    inputs = [x.index, n.ints(begin), n.ints(end), n.ints(strides)]
    fields = {k: v for k, v in masks.items() if v or n.chance(2)}
    n.model.op("STRIDED_SLICE", inputs, [n.like(x, tuple(shape))], "StridedSliceOptions", **fields)


def split(n: Network) -> None:
    """SPLIT into equal parts."""
    x = n.any()
    axis = n.integer(0, len(x.shape) - 1)
    parts = n.choice([p for p in range(1, x.shape[axis] + 1) if x.shape[axis] % p == 0])
    at = np.array(axis - len(x.shape) if n.chance(3) else axis, np.int32)
    place = n.model.tensor(*((1,) if n.chance(3) else ()), scale=None, data=at, dtype="int32")
    shape = _cut(x.shape, axis, x.shape[axis] // parts)
    outputs = [n.like(x, shape) for _ in range(parts)]
    n.model.op("SPLIT", [place, x.index], outputs, "SplitOptions", NumSplits=parts)


def split_v(n: Network) -> None:
    """SPLIT_V into parts of drawn sizes, one of which may be the rest."""
    x = n.any()
    axis = n.integer(0, len(x.shape) - 1)
    sizes = [n.integer(1, x.shape[axis])]
    while sum(sizes) < x.shape[axis]:
        sizes.append(n.integer(1, x.shape[axis] - sum(sizes)))
    given = list(sizes)
    if n.chance(3):
        given[n.integer(0, len(given) - 1)] = -1
    at = np.array(axis - len(x.shape) if n.chance(3) else axis, np.int32)
    inputs = [x.index, n.ints(given), n.model.tensor(scale=None, data=at, dtype="int32")]
    outputs = [n.like(x, _cut(x.shape, axis, s)) for s in sizes]
    n.model.op("SPLIT_V", inputs, outputs, "SplitVOptions", NumSplits=len(sizes))


def transpose(n: Network) -> None:
    """TRANSPOSE by any permutation."""
    x, perm = n.any(), []
    left = list(range(len(x.shape)))
    while left:
        perm.append(left.pop(n.integer(0, len(left) - 1)))
    y = n.like(x, tuple(x.shape[p] for p in perm))
    n.model.op("TRANSPOSE", [x.index, n.ints(perm)], [y], "TransposeOptions")


def pad(n: Network) -> None:
    """PAD and PADV2 of any axes."""
    _pad(n, n.any(most=4), range(4))


def pad_map(n: Network) -> None:
    """PAD and PADV2 of height and width."""
    _pad(n, n.map(), (1, 2))


def _pad(n: Network, x: Activation, axes: Sequence[int]) -> None:
    dtype = n.choice(("int32", "int64"))
    pads = [[n.integer(0, 3) if a in axes and n.chance(2) else 0 for _ in "ab"] for a in range(len(x.shape))]
    pairs = np.array(pads, dtype)
    inputs = [x.index, n.model.tensor(len(x.shape), 2, scale=None, data=pairs, dtype=dtype)]
    code, table = n.choice((("PAD", "PadOptions"), ("PADV2", "PadV2Options")))
    if code == "PADV2":
        value = np.array([x.zero if n.chance(3) else n.zero(x.dtype)], x.dtype)
        shape: Shape = n.choice(((1,), ()))
        data = value.reshape(shape)
        inputs.append(n.model.tensor(*shape, data=data, scale=x.scale, zero=x.zero, dtype=x.dtype))
    padded = tuple(int(d + p.sum()) for d, p in zip(x.shape, pairs, strict=True))
    n.model.op(code, inputs, [n.like(x, padded)], table)


def _cut(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _factors(n: Network, count: int) -> Shape:
    """A shape of `count` elements."""
    shape = []
    for _ in range(n.integer(0, 4)):
        shape.append(n.choice([d for d in range(1, count + 1) if count % d == 0]))
        count //= shape[-1]
    return (*shape, count)
