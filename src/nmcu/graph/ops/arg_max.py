"""ArgMax: the index of the largest value along the last axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class ArgMax(Op):
    """int32, the last axis becomes 1; of equal values the first counts."""

    KIND: ClassVar[str] = "argmax"
    SUMMARY = "index of the largest value along one axis, as a model output"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        return ((*inputs[0].shape[:-1], 1),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (np.argmax(inputs[0], axis=-1, keepdims=True).astype(np.int32),)
