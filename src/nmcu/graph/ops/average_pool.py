"""AveragePool: mean over windows that leaves padding out; a window as large as the map is global pooling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph import requant, window
from nmcu.graph.by_rows import ByWindow
from nmcu.graph.op import Array, Constants, Ints
from nmcu.graph.rows import Windows
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class AveragePool(ByWindow, requant.Requantised):
    """`acc = sum(valid x) + bias[k]`, requantised with `multiplier[k]`, `shift[k]`; k is the window's class.

    Windows at borders hold fewer valid elements. `counts` (K,) int32, ascending, are the distinct numbers of
    valid elements; `bias[k] = -z_x * counts[k]`; the division by the count is folded into `multiplier[k]`,
    except where the result is the `total` instead of the mean.
    """

    KIND: ClassVar[str] = "avgpool"
    CONSTANTS: ClassVar[Mapping[str, str]] = {
        "counts": "int32",
        "bias": "int32",
        "multiplier": "int32",
        "shift": "int32",
    }
    SUMMARY = "average and global average pooling, means and sums over any axes"

    kernel: Ints
    strides: Ints
    total: bool

    @classmethod
    def build(
        cls,
        name: str,
        x: TensorInfo,
        y: TensorInfo,
        *,
        kernel: Ints,
        strides: Ints = (1, 1),
        pads: Ints = (0, 0, 0, 0),
        total: bool = False,
        lo: int = -128,
        hi: int = 127,
    ) -> tuple["AveragePool", dict[str, Array]]:
        """Operator and constants for an input of shape `x.shape`; raises `ModelError` naming node `name`."""
        counts = distinct_counts(x, kernel, strides, pads)
        if counts[0] < 1:
            raise ModelError(
                f"node {name!r}: a pooling window lies in the padding entirely: smaller pads are needed"
            )
        (x_scale, x_zero), (y_scale, y_zero) = x.quant, y.quant
        bias = -x_zero * counts
        factor = x_scale / y_scale / (np.ones_like(counts) if total else counts)
        chosen = requant.choose(name, factor, bias - 128 * counts, bias + 127 * counts, y_zero)
        op = cls(
            form=chosen.form,
            zero_point=y_zero,
            lo=lo,
            hi=hi,
            kernel=kernel,
            strides=strides,
            pads=pads,
            total=total,
        )
        return op, {
            "counts": counts.astype(np.int32),
            "bias": bias.astype(np.int32),
            "multiplier": chosen.multiplier,
            "shift": chosen.shift,
        }

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        height, width, channels = window.map_shape("AveragePool", inputs[0])
        out = window.output_size("AveragePool", (height, width), self.kernel, self.strides, self.pads)
        counts = distinct_counts(inputs[0], self.kernel, self.strides, self.pads)
        if not np.array_equal(counts, constants["counts"]):
            raise ModelError(f"AveragePool: counts are {constants['counts']}, the windows have {counts}")
        return ((1, *out, channels),)

    def windows(self, x: TensorInfo, constants: Constants) -> Windows:
        return Windows(x.shape[1], self.kernel[0], self.strides[0], self.pads[0])

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        ones = np.ones((1, *inputs[0].shape[1:3], 1), np.int32)
        count = window_sums(ones, self.kernel, self.strides, self.pads)
        k = np.searchsorted(constants["counts"], count)
        acc = (
            window_sums(inputs[0].astype(np.int32), self.kernel, self.strides, self.pads)
            + constants["bias"][k]
        )
        y = requant.apply(
            acc, constants["multiplier"][k], constants["shift"][k], self.zero_point, self.lo, self.hi
        )
        return (y,)


def distinct_counts(x: TensorInfo, kernel: Ints, strides: Ints, pads: Ints) -> NDArray[np.int64]:
    """The distinct numbers of elements that windows have inside the map, ascending."""
    size = window.map_shape("AveragePool", x)[:2]
    out = window.output_size("AveragePool", size, kernel, strides, pads)
    inside = []
    for axis in (0, 1):
        start = np.arange(out[axis]) * strides[axis] - pads[axis]
        length = np.minimum(start + kernel[axis], size[axis]) - np.maximum(start, 0)
        inside.append(np.unique(np.maximum(length, 0)))
    return np.unique(np.outer(*inside))


def window_sums(x: NDArray[np.int32], kernel: Ints, strides: Ints, pads: Ints) -> NDArray[np.int32]:
    """Sums over the windows of `x` (N, H, W, C), padding counted as 0: (N, OH, OW, C)."""
    view = window.patches(x, kernel, strides, pads, fill=0)
    sums: NDArray[np.int32] = view.sum(axis=(3, 4), dtype=np.int32)
    return sums
