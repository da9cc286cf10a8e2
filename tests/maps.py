"""Networks of maps with all that runs by rows: strides, odd paddings, dilation, skips, pooling, concatenation."""

from collections.abc import Sequence

import numpy as np

from nmcu.bench.calibrated import CalibratedBuilder
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.graph.op import Array, Op

Pads = tuple[int, int, int, int]


class Maps(CalibratedBuilder):
    """Layers over maps, with scales from a random input."""

    def __init__(self, seed: int, shape: Sequence[int]) -> None:
        super().__init__(None, seed, tuple(shape))
        self.count = 0

    def named(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def windows(
        self,
        x: TensorInfo,
        channels: int,
        kernel: int,
        stride: int = 1,
        pads: Pads | None = None,
        dilation: int = 1,
    ) -> TensorInfo:
        """A convolution."""
        name, around = self.named("conv"), (dilation * (kernel // 2),) * 4
        weight, unit = self.weights((channels, kernel, kernel, x.shape[-1]), False)
        y = TensorInfo(f"{name}.out", (), "int8", 2.5 * x.quant[0], -7)
        op, constants = ops.Conv2d.build(
            name, x, y, weight, np.full(channels, unit), None, strides=(stride, stride),
            pads=around if pads is None else pads, dilations=(dilation, dilation),
        )  # fmt: skip
        return self.append(name, op, [x], y, constants)

    def depthwise(
        self, x: TensorInfo, kernel: int = 3, stride: int = 1, pads: Pads | None = None, dilation: int = 1
    ) -> TensorInfo:
        name, around = self.named("depthwise"), (dilation * (kernel // 2),) * 4
        weight, unit = self.weights((x.shape[-1], kernel, kernel), False)
        y = TensorInfo(f"{name}.out", (), "int8", 2.5 * x.quant[0], 9)
        op, constants = ops.Depthwise.build(
            name, x, y, weight.transpose(1, 2, 0), np.full(x.shape[-1], unit), None, strides=(stride, stride),
            pads=around if pads is None else pads, dilations=(dilation, dilation),
        )  # fmt: skip
        return self.append(name, op, [x], y, constants)

    def sum(self, a: TensorInfo, b: TensorInfo) -> TensorInfo:
        return self.add(self.named("add"), a, b)

    def joined(self, a: TensorInfo, b: TensorInfo) -> TensorInfo:
        """Both maps' channels, where they have one quantisation."""
        name = self.named("concat")
        return self.append(
            name, ops.Concat(axis=3), [a, b], TensorInfo(f"{name}.out", (), "int8", *a.quant), {}
        )

    def largest(self, x: TensorInfo) -> TensorInfo:
        name = self.named("maxpool")
        op = ops.MaxPool(kernel=(3, 3), strides=(2, 2), pads=(0, 0, 1, 1))
        return self.append(name, op, [x], TensorInfo(f"{name}.out", (), "int8", *x.quant), {})

    def mean(self, x: TensorInfo) -> TensorInfo:
        name = self.named("avgpool")
        y = TensorInfo(f"{name}.out", (), "int8", *x.quant)
        op, constants = ops.AveragePool.build(name, x, y, kernel=(3, 3), strides=(1, 1), pads=(1, 1, 1, 1))
        return self.append(name, op, [x], y, constants)

    def padded(self, x: TensorInfo) -> TensorInfo:
        name = self.named("pad")
        op = ops.Pad(before=(0, 1, 0, 0), after=(0, 2, 1, 0), value=x.quant[1])
        return self.append(name, op, [x], TensorInfo(f"{name}.out", (), "int8", *x.quant), {})

    def moved(self, op: Op, constants: dict[str, Array], x: TensorInfo) -> TensorInfo:
        """The result of an operator that gives elements other places."""
        name = self.named(op.kind)
        return self.append(name, op, [x], TensorInfo(f"{name}.out", (), "int8", *x.quant), constants)

    def block(self, x: TensorInfo, expanded: int) -> TensorInfo:
        """An inverted residual block."""
        inner = self.depthwise(self.windows(x, expanded, 1))
        return self.sum(x, self.windows(inner, x.shape[-1], 1))


def blocks(size: int = 24, width: int = 20) -> Graph:
    """A stem, two inverted residual blocks, the second at half the size behind an odd padding."""
    net = Maps(0, (1, size, width, 3))
    x = net.block(net.windows(net.image, 8, 3, 2, (0, 0, 1, 1)), 48)
    x = net.windows(net.depthwise(net.windows(x, 48, 1), 3, 2, (0, 1, 1, 1)), 12, 1)
    return net.finish(net.block(x, 24))


def forked(size: int = 23, width: int = 9) -> Graph:
    """Two ways of different depth from one map, with dilation, an average, a concatenation, pooling and padding."""
    net = Maps(1, (1, size, width, 4))
    first = net.windows(net.image, 12, 5, 1, (1, 2, 3, 2))
    left = net.depthwise(first, 3, 1, None, 2)
    right = net.mean(net.windows(first, 12, 3, 1, None, 3))
    both = net.joined(net.sum(left, right), net.sum(right, left))
    return net.finish(net.windows(net.padded(net.largest(both)), 6, 3))


def hourglass(size: int = 48, width: int = 32) -> Graph:
    """A map that is needed again after a smaller one was transposed, which does not run by rows, and enlarged twice."""
    net = Maps(2, (1, size, width, 4))
    skipped = net.windows(net.image, 16, 3)
    small = net.windows(net.windows(skipped, 8, 3, 2), 8, 3, 2)
    for _ in range(2):
        small = net.moved(ops.Transpose(perm=(0, 2, 1, 3)), {}, small)
    rows, columns = (np.arange(n, dtype=np.int32) // 2 for n in (-(-size // 2), -(-width // 2)))
    doubled = net.moved(ops.ResizeNearest(), {"rows": rows, "columns": columns}, small)
    places = [np.linspace(0, n - 1, m) for n, m in ((rows.size, size), (columns.size, width))]
    whole = net.moved(*ops.ResizeBilinear.build(*places, (rows.size, columns.size)), doubled)
    return net.finish(net.windows(net.sum(net.windows(whole, 16, 1), skipped), 4, 3))
