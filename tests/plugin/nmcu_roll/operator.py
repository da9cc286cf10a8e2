"""`com.example.Roll`: the values of every token move by some channels, and those at the end come to the front."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx import device
from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.values import Real
from nmcu.graph import TensorInfo
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape
from nmcu.operators import Operator


@dataclass(frozen=True, kw_only=True)
class Roll(Op):
    """`y[t, c] = x[t, (c - by) mod channels]`; the quantisation stays."""

    KIND: ClassVar[str] = "roll"
    SUMMARY: ClassVar[str] = "rolls the channels of every token"

    by: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if len(inputs[0].shape) != 2:
            raise ModelError(f"Roll: the input has shape {inputs[0].shape}; a matrix of tokens is needed")
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (np.roll(inputs[0], self.by, axis=-1),)


def read(c: Context) -> None:
    """Of a matrix, with the attribute `by`."""
    shape = tuple(c.value(0).shape)
    name, by = c.node.name, c.integer("by", 1)

    def roll(x: Real) -> Real:
        tensor = device.conform(c, device.plain(c, x), tuple(range(len(shape))))
        y = TensorInfo(c.node.outputs[0], (), scale=tensor.scale, zero_point=tensor.zero_point)
        (made,) = c.builder.add(name, Roll(by=by % shape[-1]), [tensor], [y])
        return device.shaped(c, made, shape)

    device.move(c, 0, shape, roll)


OPERATOR = Operator(op=Roll, onnx={"com.example.Roll": read})
