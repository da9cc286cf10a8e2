"""Networks of which another compiler runs parts, on this machine: nmcu's parts as programs, the others as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from nmcu.codegen import Program
from nmcu.graph import Graph, ops, reference
from nmcu.host.library import HostProgram, build
from nmcu.host.program import program_of
from nmcu.iree import Part, graph_of, parts
from nmcu.isa import InstructionSet
from nmcu.plan import make
from nmcu.registry import Registry
from nmcu.targets import Target

Parts = Sequence[tuple[Part, Program | None]]
"""In the order in which they run; None where another compiler's own build for this machine runs."""


def is_parted(graph: Graph) -> bool:
    """Whether another compiler runs a part of it."""
    return any(isinstance(layer.op, ops.Foreign) for layer in graph.layers)


def parts_of(graph: Graph, target: Target, isa: InstructionSet) -> Parts:
    """The parts of `graph`, those of nmcu's planned for a machine.

    Raises `ModelError` for networks with states, `PlanError` where a kernel has no portable body.
    """
    registry = Registry.installed()
    return [
        (p, None if p.foreign else program_of(make(graph_of(p), target, isa, registry))) for p in parts(graph)
    ]


class PartedProgram:
    """The parts of a network, loaded into this process: as `HostProgram`, without states."""

    def __init__(self, graph: Graph, found: Parts) -> None:
        self._outputs = [info.name for info in graph.outputs]
        self._parts = [
            (part, None if program is None else HostProgram(program, build(program)))
            for part, program in found
        ]

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Outputs by tensor name for `inputs`; raises `NmcuError` for inputs that do not fit."""
        tensors = dict(inputs)
        for part, program in self._parts:
            given = {info.name: tensors[info.name] for info in part.inputs}
            tensors |= _foreign(part, given) if program is None else program.run(given)
        return {name: tensors[name] for name in self._outputs}

    def reset(self) -> None:
        """There are no states."""


def _foreign(part: Part, given: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    (layer,) = part.layers
    results = reference.run_layer(layer, [given[info.name] for info in layer.inputs])
    return {info.name: result for info, result in zip(layer.outputs, results, strict=True)}
