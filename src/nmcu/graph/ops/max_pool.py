"""MaxPool: largest value of each window; scale and zero point stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nmcu.graph import window
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class MaxPool(Op):
    """Maximum over each window; padding reads as -128, so it never wins."""

    KIND: ClassVar[str] = "maxpool"
    SUMMARY = "max pooling"

    kernel: Ints
    strides: Ints
    pads: Ints

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        height, width, channels = window.map_shape("MaxPool", inputs[0])
        out = window.output_size("MaxPool", (height, width), self.kernel, self.strides, self.pads)
        return ((1, *out, channels),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        view = window.patches(inputs[0], self.kernel, self.strides, self.pads, fill=-128)
        return (view.max(axis=(2, 3))[None],)
