"""Extremum: element-wise minimum or maximum of two tensors with the same quantisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.broadcast import broadcast_shape
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Extremum(ByElement):
    """`max(a, b)` if `maximum`, else `min(a, b)`; scale and zero point stay. Shapes broadcast as in NumPy."""

    KIND: ClassVar[str] = "max"
    INPUTS: ClassVar[int | None] = 2
    SUMMARY = "element-wise minimum or maximum of two tensors; broadcasting"

    maximum: bool

    @property
    def kind(self) -> str:
        return "max" if self.maximum else "min"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        if inputs[0].quant != inputs[1].quant:
            raise ModelError(
                f"Extremum: inputs are quantised as {inputs[0].quant} and {inputs[1].quant}; must be equal"
            )
        return (broadcast_shape("Extremum", inputs),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        a, b = inputs
        return (np.maximum(a, b) if self.maximum else np.minimum(a, b),)
