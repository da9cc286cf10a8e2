"""Gather: listed elements of one axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Gather(Op):
    """Axis `axis` becomes its elements `indices` (N,) int32, in that order, as often as they are listed."""

    KIND: ClassVar[str] = "gather"
    CONSTANTS: ClassVar[Mapping[str, str]] = {"indices": "int32"}
    SUMMARY = "listed elements of one axis: constant indices, mirrored and repeated borders"

    axis: int

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        shape, indices = inputs[0].shape, constants["indices"]
        if not 0 <= self.axis < len(shape):
            raise ModelError(f"Gather: axis {self.axis} does not exist in shape {shape}")
        if indices.ndim != 1 or not indices.size or indices.min() < 0 or indices.max() >= shape[self.axis]:
            raise ModelError(f"Gather: indices leave axis {self.axis} of {shape}, or there are none")
        return ((*shape[: self.axis], indices.size, *shape[self.axis + 1 :]),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (np.take(inputs[0], constants["indices"], axis=self.axis),)
