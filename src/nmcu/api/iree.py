"""Networks that IREE and nmcu run together: how they are cut, and IREE's own runtime on this machine."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu import host, iree, plan
from nmcu.api.compiled import CompiledModel
from nmcu.api.compiling import compile as compile_for_target
from nmcu.api.inputs import Inputs, arrays
from nmcu.api.model import TARGET, Model, graph_of, name_of
from nmcu.codegen import Program
from nmcu.graph import Graph, TensorInfo
from nmcu.iree import adapter, whole
from nmcu.iree.parts import Part
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.report import label
from nmcu.result import Result
from nmcu.targets import Target

HOST = "host"
"""The target that is this machine."""


@dataclass(frozen=True, eq=False, repr=False)
class Partition(Result):
    """The parts of a network, in the order in which they run: the largest that nmcu runs, and IREE's between them."""

    model: str
    graph: Graph
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        cells = [tuple(map(str, row.values())) for row in self.rows()]
        cells.insert(0, ("part", "runs", "layers", "MACs", "reads", "writes"))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)
        return "\n".join([label(self.model), *lines])

    def rows(self) -> list[dict[str, Any]]:
        """The parts: who runs them, their layers, multiply-accumulates, and what crosses their borders."""
        return [
            {
                "part": number,
                "runs": "IREE" if part.foreign else "nmcu",
                "layers": _layers(part),
                "macs": sum(layer.macs for layer in part.layers),
                "reads": ", ".join(map(_tensor, part.inputs)),
                "writes": ", ".join(map(_tensor, part.outputs)),
            }
            for number, part in enumerate(self.parts)
        ]

    def to_json(self) -> dict[str, Any]:
        """The model's name and the parts."""
        return {"model": self.model, "parts": self.rows()}


def _layers(part: Part) -> str:
    first, last = part.layers[0].name, part.layers[-1].name
    return first if len(part.layers) == 1 else f"{first} to {last} ({len(part.layers)})"


def _tensor(info: TensorInfo) -> str:
    return f"{info.dtype} {'x'.join(map(str, info.shape))}"


def partition(model: Model, *, fallback: str | None = None, registry: Registry | None = None) -> Partition:
    """Cuts a network into the largest parts that nmcu runs and what stays IREE's, by what nmcu's readers know.

    `model` is a model file, of which IREE gets the nodes that no reader knows (`fallback`, as `nmcu.load` takes it; a
    file without says `iree`), or a graph that was read so. Raises `NmcuError` where IREE is missing, another version,
    or cannot import or compile a region: with its own reason.
    """
    graph = _graph(model, fallback, registry)
    return Partition(name_of(model), graph, iree.parts(graph))


def compile(
    model: Model,
    target: str | Target = HOST,
    *,
    isa: str | InstructionSet | None = None,
    fallback: str | None = None,
    registry: Registry | None = None,
) -> HostModel | CompiledModel:
    """Compiles a network by IREE and nmcu together (`partition`): for `target`, as `nmcu.compile` does, or for this
    machine (`host`), where IREE's own runtime runs it, nmcu's parts as external functions with portable bodies.

    `isa` is the instruction set, `fallback="iree-alone"` leaves all nodes to IREE. Raises `NmcuError` as `partition`
    and `nmcu.compile` do.
    """
    graph = _graph(model, fallback, registry)
    if target != HOST:
        return compile_for_target(graph, target, isa=isa, registry=registry)
    known = registry or Registry.installed()
    chip = known.target(TARGET)
    instructions = known.isa_for(chip, isa)
    cut = iree.parts(graph)
    programs: dict[str, Program] = {}
    for name, part in whole.functions(cut):
        made = plan.make(iree.graph_of(part), chip, instructions, known)
        programs[name] = host.program_of(made, name)
    program = adapter.compiled(whole.module(graph, cut))
    return HostModel(name_of(model), graph, cut, program, host.plugin(programs))


@dataclass(frozen=True, eq=False, repr=False)
class HostModel:
    """A network for IREE's runtime on this machine: its file (.vmfb), and a shared library with nmcu's parts."""

    model: str
    graph: Graph
    parts: tuple[Part, ...]
    program: bytes
    plugin: bytes

    def run(self, inputs: Inputs) -> dict[str, NDArray[Any]]:
        """The model's outputs by name for `inputs`, as `nmcu.run` takes them for one run; raises `NmcuError` for inputs
        that do not fit and with IREE's own reason where it fails."""
        edge = self.graph.border
        return edge.decode(self.run_device(edge.encode(arrays(edge.model_inputs, inputs))))

    def run_device(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The device's outputs by name for its inputs."""
        given: Sequence[NDArray[Any]] = [np.ascontiguousarray(feeds[info.name]) for info in self.graph.inputs]
        outputs = self.graph.outputs
        made = adapter.run_module(self.program, whole.FUNCTION, given, len(outputs), self.plugin)
        return {info.name: array for info, array in zip(outputs, made, strict=True)}


def _graph(model: Model, fallback: str | None, registry: Registry | None) -> Graph:
    read = isinstance(model, Graph) or hasattr(model, "graph")
    return graph_of(model, registry, fallback if read else fallback or "iree")
