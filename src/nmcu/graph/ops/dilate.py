"""Dilate: a constant between neighbouring elements of a map; with a convolution, a transposed convolution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import window
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Dilate(Op):
    """`y[i * steps[0], j * steps[1]] = x[i, j]`, every other element is `value`.

    A transposed convolution with strides `steps` is this followed by a Conv2d with stride 1, pads
    `kernel - 1 - pads` and the kernel turned by 180 degrees.
    """

    KIND: ClassVar[str] = "dilate"
    SUMMARY = "spreads a map; with the convolution after it, a transposed convolution"

    steps: Ints
    value: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        height, width, channels = window.map_shape("Dilate", inputs[0])
        if len(self.steps) != 2 or min(self.steps) < 1:
            raise ModelError(f"Dilate: steps are {self.steps}; two positive numbers are needed")
        return ((1, (height - 1) * self.steps[0] + 1, (width - 1) * self.steps[1] + 1, channels),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        x = inputs[0]
        _, height, width, channels = x.shape
        shape = (1, (height - 1) * self.steps[0] + 1, (width - 1) * self.steps[1] + 1, channels)
        y = np.full(shape, self.value, np.int8)
        y[:, :: self.steps[0], :: self.steps[1]] = x
        return (y,)
