"""What of a file its outputs depend on."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol, TypeVar

ABSENT = ("", -1)
"""How ONNX and TFLite write an optional input that is not given."""


class _Step(Protocol):
    @property
    def inputs(self) -> Sequence[Hashable]: ...
    @property
    def outputs(self) -> Sequence[Hashable]: ...


StepT = TypeVar("StepT", bound=_Step)


def needed(steps: Sequence[StepT], outputs: Iterable[Hashable]) -> tuple[StepT, ...]:
    """Those of `steps`, nodes or operators in execution order, that one of the tensors `outputs` depends on.

    Whatever else a file holds does not matter: runtimes do not mind either.
    """
    wanted, kept = set(outputs), []
    for step in reversed(steps):
        if not wanted.isdisjoint(step.outputs):
            kept.append(step)
            wanted.update(name for name in step.inputs if name not in ABSENT)
    return tuple(kept[::-1])
