"""The layers that are measured: named shapes, and one-layer networks with seeded random weights."""

import re
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.graph import Builder, Graph, TensorInfo, ops
from nmcu.sparsity import NMPattern, mask

PATTERNS = ("1:4", "1:8", "1:16", "2:8", "1:4x4", "1:8x4", "1:16x4")
SHAPES = (
    "conv3x3_16x16x64_64",
    "conv3x3_8x8x128_128",
    "conv3x3_4x4x256_256",
    "conv3x3s2_16x16x64_128",
    "conv1x1_16x16x64_64",
    "conv1x1_8x8x256_256",
    "conv3x3_7x7x33_17",
    "conv3x3_4x4x512_128",
    "linear_256_256_t1",
    "linear_1024_1024_t1",
    "linear_1024_10_t1",
    "linear_384_1536_t64",
    "linear_1536_384_t64",
    "depthwise3x3_16x16x64",
)
FIT_SHAPES = (
    *SHAPES,
    "conv3x3_24x24x16_24",
    "conv3x3s2_20x20x24_32",
    "conv5x5_11x11x20_16",
    "conv1x1_20x20x32_48",
    "linear_96_100_t30",
    "conv3x3_32x32x3_16",
    "conv3x3s2_40x40x3_8",
    "conv1x1_24x24x8_48",
    "depthwise3x3_24x24x32",
    "depthwise3x3_6x6x128",
    "depthwise3x3_13x11x24",
    "depthwise3x3_48x48x8",
    "depthwise3x3_3x3x256",
    "depthwise3x3s2_24x24x32",
    "depthwise3x3s2_40x40x16",
    "depthwise3x3s2_6x6x128",
    "depthwise5x5_16x16x64",
    "depthwise5x5s2_20x20x32",
    "depthwise7x7_12x12x32",
    "depthwise4x4_16x16x48",
)
"""What cost models are fitted to: the shapes of the benchmark, and some with fewer channels and uneven widths."""
OTHER_SHAPES = (
    "conv3x3_12x12x48_96",
    "conv3x3_32x32x16_32",
    "conv3x3s2_14x14x96_64",
    "conv1x1_16x16x64_128",
    "conv1x1s2_16x16x128_256",
    "conv5x5_10x10x40_24",
    "conv3x3_6x6x192_160",
    "linear_640_128_t1",
    "linear_512_2048_t1",
    "linear_192_768_t50",
    "linear_256_256_t17",
    "conv5x5_20x20x1_32",
    "conv1x1_32x32x16_8",
    "depthwise3x3_7x7x96",
    "depthwise3x3_12x12x64",
    "depthwise3x3_28x28x24",
    "depthwise3x3s2_12x12x64",
    "depthwise3x3s2_28x28x32",
    "depthwise5x5_10x10x96",
    "depthwise7x7s2_20x20x48",
)
"""Shapes that no cost model is fitted to: they only test it."""

_CONV = re.compile(
    r"conv(?P<k>\d{1,2})x(?P=k)(s(?P<s>\d))?_(?P<h>\d{1,3})x(?P<w>\d{1,3})x(?P<i>\d{1,4})_(?P<o>\d{1,4})"
)
_DEPTHWISE = re.compile(
    r"depthwise(?P<k>\d{1,2})x(?P=k)(s(?P<s>\d))?_(?P<h>\d{1,3})x(?P<w>\d{1,3})x(?P<i>\d{1,4})"
)
_LINEAR = re.compile(r"linear_(?P<i>\d{1,5})_(?P<o>\d{1,5})_t(?P<t>\d{1,4})")


@dataclass(frozen=True)
class Shape:
    """A convolution with "same" padding over (height, width, cin), depthwise where `cout` is 0; with `kernel` 0 a
    linear layer on `height` tokens."""

    name: str
    height: int
    width: int
    cin: int
    cout: int
    kernel: int
    stride: int

    @classmethod
    def parse(cls, name: str) -> "Shape":
        """The shape called `conv3x3s2_16x16x64_128`, `depthwise3x3_16x16x64` or `linear_384_1536_t64`; raises
        `NmcuError` for other names."""
        if found := _CONV.fullmatch(name) or _DEPTHWISE.fullmatch(name):
            height, width, cin = (int(found[part]) for part in "hwi")
            cout = int(found.groupdict().get("o", 0))
            return cls(name, height, width, cin, cout, int(found["k"]), int(found["s"] or 1))
        if found := _LINEAR.fullmatch(name):
            return cls(name, int(found["t"]), 1, int(found["i"]), int(found["o"]), 0, 1)
        raise NmcuError(
            f"{name!r} is not a shape: write conv3x3_16x16x64_64, depthwise3x3_16x16x64 or linear_1024_10_t1 (height x "
            "width x channels, output channels; t = tokens; s2 after the kernel = stride 2)"
        )

    @property
    def op(self) -> str:
        """`conv`, `depthwise` or `linear`."""
        return "linear" if self.kernel == 0 else "conv" if self.cout else "depthwise"

    @property
    def dense_bytes(self) -> int:
        """Bytes of the int8 weights without packing."""
        return max(1, self.cout) * self.cin * max(1, self.kernel) ** 2


def network(shape: Shape, pattern: str = "dense") -> Graph:
    """A network of one layer `layer` of `shape` with random weights, pruned to `pattern` unless it is depthwise; equal
    for equal arguments."""
    rng = np.random.default_rng(zlib.crc32(f"{shape.name} {pattern}".encode()))
    window = (shape.kernel, shape.kernel) if shape.kernel else ()
    channels = shape.cout or shape.cin
    size = (shape.cout, *window, shape.cin) if shape.cout else (*window, shape.cin)
    weight = (rng.integers(1, 128, size) * rng.choice((-1, 1), size)).astype(np.int8)
    if pattern != "dense" and shape.cout:
        weight = weight * mask(weight, NMPattern.parse(pattern))
    spread = float(np.sqrt(np.square(weight.astype(np.float64)).sum() / channels))
    scale = rng.uniform(0.5, 1.5, channels) * 0.02
    x_shape = (1, shape.height, shape.width, shape.cin) if shape.kernel else (shape.height, shape.cin)
    x = TensorInfo("x", x_shape, "int8", 0.05, 3)
    # inputs are spread over all of int8 (deviation 74): a deviation of outputs of about 50 uses the range, clips little
    y = TensorInfo("y", (), "int8", 0.05 * 0.02 * spread * 74 / 50, -5)
    bias = rng.integers(-1000, 1000, channels)
    builder = Builder(f"{shape.name} {pattern}")
    device = builder.input(TensorInfo("in", x.shape, "int8"), x, tuple(range(len(x.shape))))
    op, constants = (
        _convolution(shape, device, y, weight, scale, bias)
        if shape.kernel
        else ops.Linear.build("layer", device, y, weight, scale, bias)
    )
    (out,) = builder.add("layer", op, [device], [y], constants)
    builder.output(out, TensorInfo("out", out.shape, "int8"), tuple(range(len(out.shape))), out.shape)
    return builder.finish()


def _convolution(
    shape: Shape,
    x: TensorInfo,
    y: TensorInfo,
    weight: NDArray[np.int8],
    scale: NDArray[Any],
    bias: NDArray[Any],
) -> tuple[ops.Conv2d | ops.Depthwise, dict[str, NDArray[Any]]]:
    pad = shape.kernel // 2
    build = ops.Conv2d.build if shape.cout else ops.Depthwise.build
    return build(
        "layer", x, y, weight, scale, bias, strides=(shape.stride, shape.stride), pads=(pad, pad, pad, pad)
    )
