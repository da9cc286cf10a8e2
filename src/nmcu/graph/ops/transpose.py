"""Transpose: a permutation of the axes that moves data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Ints, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Transpose(Op):
    """Output axis i is input axis `perm[i]`."""

    KIND: ClassVar[str] = "transpose"
    FLOAT: ClassVar[bool] = True
    SUMMARY = "permutation of axes, where data has to move"

    perm: Ints

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        shape = inputs[0].shape
        if sorted(self.perm) != list(range(len(shape))):
            raise ModelError(f"Transpose: {self.perm} is not a permutation of the axes of {shape}")
        return (tuple(shape[p] for p in self.perm),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (np.ascontiguousarray(inputs[0].transpose(self.perm)),)
