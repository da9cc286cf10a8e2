"""Convolution and fully-connected layers of any shape and sparsity pattern, for tests of the kernels that run them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops
from nmcu.sparsity import NMPattern, mask

Ints = tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """`size` is (height, width, channels) of a map, or (tokens, channels); `cout` the output channels."""

    size: Ints
    cout: int
    kernel: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)

    def __str__(self) -> str:
        text = f"{'x'.join(map(str, self.size))}-{self.cout}"
        if len(self.size) == 3:
            text += f"-k{self.kernel[0]}x{self.kernel[1]}-s{self.strides[0]}{self.strides[1]}"
            text += f"-p{''.join(map(str, self.pads))}-d{self.dilations[0]}{self.dilations[1]}"
        return text


def layer(
    shape: Shape,
    pattern: str | None = None,
    *,
    zeros: tuple[int, int] = (3, -5),
    lo: int = -128,
    hi: int = 127,
    gain: float = 1.0,
    largest: int = 127,
    mixed: bool = False,
    seed: int = 0,
    sums: bool = False,
) -> Layer:
    """The layer with random weights up to `largest`, pruned to `pattern`; a large `gain` saturates its outputs, which
    with `sums` are the accumulators.

    `mixed` makes the scales of some channels so large or so small that these requantise in another way. Beside N:M[xG],
    a pattern is `1-3:16`, where every channel has an N of its own, or `5%`, as many weights anywhere.
    """
    rng = np.random.default_rng(seed)
    linear = len(shape.size) == 2
    window = () if linear else shape.kernel
    weight = rng.integers(-largest, largest + 1, (shape.cout, *window, shape.size[-1])).astype(np.int8)
    if pattern is not None:
        weight = pruned(weight, pattern, rng)
    used = max(1, int(np.count_nonzero(weight)) // shape.cout)
    x = TensorInfo("x", shape.size if linear else (1, *shape.size), "int8", 0.05, zeros[0])
    y = TensorInfo("y", (), "int8", 0.05 * 0.02 * 1.5 * largest * used**0.5 / gain, zeros[1])
    if sums:
        y = TensorInfo("y", (), "int32")
    scale = 0.02 * rng.uniform(0.5, 1.5, shape.cout)
    bias = rng.integers(-1000, 1001, shape.cout)
    if mixed:
        scale, bias = uneven(scale, bias, x.quant[0] / y.quant[0])
    if linear:
        op, constants = ops.Linear.build("layer", x, y, weight, scale, bias, lo=lo, hi=hi)
        return testing.one_layer(op, constants, [x], [y])
    conv, constants = ops.Conv2d.build(
        "layer",
        x,
        y,
        weight,
        scale,
        bias,
        strides=shape.strides,
        pads=shape.pads,
        dilations=shape.dilations,
        lo=lo,
        hi=hi,
    )
    return testing.one_layer(conv, constants, [x], [y])


def uneven(
    scale: NDArray[np.float64], bias: NDArray[np.int64], ratio: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scales and biases where every third channel needs clipped accumulators, every fifth a product of 64 bits, at a
    `ratio` of the scales of input and output. What the latter's bias alone gives lies between two results, so that
    products that are smaller than a step move it."""
    scale, bias = scale.copy(), bias.copy()
    scale[::3] *= 3000
    scale[4::5] *= 0.00075
    bias[4::5] = np.round(200.5 / (scale[4::5] * ratio))
    return scale, bias


def pruned(weight: NDArray[np.int8], pattern: str, rng: np.random.Generator) -> NDArray[np.int8]:
    """`weight` pruned to what `layer` takes as a pattern."""
    if pattern.endswith("%"):
        return np.where(rng.random(weight.shape) < float(pattern[:-1]) / 100, weight, 0).astype(np.int8)
    if "-" not in pattern:
        return (weight * mask(weight, NMPattern.parse(pattern))).astype(np.int8)
    least, most, m = map(int, pattern.replace(":", "-").split("-"))
    of_channel = [NMPattern(int(n), m) for n in rng.integers(least, most + 1, len(weight))]
    rows = [weight[[c]] * mask(weight[[c]], own) for c, own in enumerate(of_channel)]
    return np.concatenate(rows).astype(np.int8)


def random_shape(seed: int) -> Shape:
    """A small convolution whose window fits its padded map."""
    rng = np.random.default_rng(seed)
    kernel, dilations, strides = ((int(a), int(b)) for a, b in rng.integers(1, 5, (3, 2)))
    if seed % 2:
        dilations = (1, 1)
    reach = [(k - 1) * d for k, d in zip(kernel, dilations, strict=True)]
    top, left = (int(rng.integers(0, r + 1)) for r in reach)
    bottom, right = (int(rng.integers(0, r + 1)) for r in reach)
    least = [max(1, reach[0] + 1 - top - bottom), max(1, reach[1] + 1 - left - right)]
    height, width = (n + int(rng.integers(0, 9)) for n in least)
    channels, cout = (int(n) for n in rng.integers(1, 50, 2))
    return Shape((height, width, channels), cout, kernel, strides, (top, left, bottom, right), dilations)
