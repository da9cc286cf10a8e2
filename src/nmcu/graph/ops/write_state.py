"""WriteState: what a state holds after a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class WriteState(Op):
    """Inputs: what `ReadState` gave for the state, and its next value; the output is that value in the state's memory.

    Whatever reads the state in the same run still sees its old value.
    """

    KIND: ClassVar[str] = "keep"
    INPUTS: ClassVar[int | None] = 2
    SUMMARY = "state that lasts from run to run; written at a run's end"

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        state, value = inputs
        for what, had, gets in (
            ("shape", state.shape, value.shape),
            ("type", state.dtype, value.dtype),
            ("scale and zero point", (state.scale, state.zero_point), (value.scale, value.zero_point)),
        ):
            if had != gets:
                raise ModelError(
                    f"state {state.name!r} has {what} {had}, {value.name!r}, its next value, {gets}: equal ones are "
                    "needed"
                )
        return (state.shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return (inputs[1],)
