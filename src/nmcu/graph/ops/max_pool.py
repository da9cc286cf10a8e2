"""MaxPool: largest value of each window; scale and zero point stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nmcu.graph import window
from nmcu.graph.by_rows import ByWindow
from nmcu.graph.op import Array, Constants, Ints
from nmcu.graph.rows import Windows
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class MaxPool(ByWindow):
    """Maximum over each window; padding reads as -128, so it never wins."""

    KIND: ClassVar[str] = "maxpool"
    SUMMARY = "max pooling, the largest or the smallest value over any axes"

    kernel: Ints
    strides: Ints

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        height, width, channels = window.map_shape("MaxPool", inputs[0])
        out = window.output_size("MaxPool", (height, width), self.kernel, self.strides, self.pads)
        return ((1, *out, channels),)

    def windows(self, x: TensorInfo, constants: Constants) -> Windows:
        return Windows(x.shape[1], self.kernel[0], self.strides[0], self.pads[0])

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        view = window.patches(inputs[0], self.kernel, self.strides, self.pads, fill=-128)
        return (view.max(axis=(3, 4)),)
