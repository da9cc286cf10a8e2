"""ReadState: what a state holds at the beginning of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo

StateDtype = Literal["int8", "int16"]


@dataclass(frozen=True, kw_only=True)
class ReadState(Op):
    """No inputs. The output is what the last run's `WriteState` of it got; before the first, and after a reset, the
    constant `initial`."""

    KIND: ClassVar[str] = "state"
    INPUTS: ClassVar[int | None] = 0
    CONSTANTS: ClassVar[Mapping[str, str]] = {"initial": "int16"}
    SUMMARY = "state that lasts from run to run; read at a run's beginning"

    dtype: StateDtype

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        return (constants["initial"].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        """The initial value; `nmcu.graph.reference` knows later ones."""
        return (constants["initial"].astype(np.dtype(self.dtype)),)
