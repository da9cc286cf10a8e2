"""What a user may give for a model, and what it becomes first: the integer graph, and the plan for a machine."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from nmcu import plan
from nmcu.errors import ModelError, NmcuError
from nmcu.graph import Graph
from nmcu.isa import InstructionSet
from nmcu.operators import load as load_file
from nmcu.plan import Plan
from nmcu.registry import Registry
from nmcu.targets import Target

TARGET, ISA = "cluster8", "xcv"
"""The machine where none is named."""


class HasGraph(Protocol):
    """What holds a network: the results of `inspect`, `prune` and `compile`."""

    @property
    def graph(self) -> Graph: ...
    @property
    def model(self) -> str: ...


Model = str | Path | Graph | HasGraph
"""A model file, the graph that `load` gives, or a result that holds one."""
Stage = Callable[[str], object]
"""Told what is being done."""


def load(path: str | Path, *, registry: Registry | None = None) -> Graph:
    """The integer graph of an int8 model: TFLite or QDQ ONNX. Raises `ModelError` for anything else."""
    if not isinstance(path, str | Path):
        raise _no_model(path)
    return load_file(Path(path), (registry or Registry.installed()).operators.values())


def graph_of(model: Model, registry: Registry | None = None) -> Graph:
    """The graph, read where `model` is a file. Raises `NmcuError` for what is no model."""
    if isinstance(model, str | Path):
        return load(model, registry=registry)
    graph = model if isinstance(model, Graph) else getattr(model, "graph", None)
    if not isinstance(graph, Graph):
        raise _no_model(model)
    return graph


def _no_model(given: object) -> ModelError:
    kind = f"{type(given).__module__}.{type(given).__qualname__}"
    return ModelError(
        f"a {kind} is no model: give the path of a .tflite or QDQ .onnx file, or what nmcu.load gives"
    )


def name_of(model: Model) -> str:
    """What reports call it: the file's name, or the one that the graph has."""
    if isinstance(model, str | Path):
        return Path(model).name
    return (model.name if isinstance(model, Graph) else model.model) or "model"


@dataclass(frozen=True, eq=False, repr=False)
class Planned:
    """A network, what reports call it, and every decision about how it runs on a machine."""

    model: str
    graph: Graph
    plan: Plan


def planned(
    model: Model,
    target: str | Target | None,
    isa: str | InstructionSet | None,
    registry: Registry | None,
    say: Stage | None,
    kernels: str = "*",
    forced: Mapping[str, str] = MappingProxyType({}),
) -> Planned:
    """`model` planned for a machine; see `compile` for what the arguments mean."""
    tell = say or (lambda stage: None)
    tell("reading")
    known = registry or Registry.installed()
    chip, instructions = known.target(target or TARGET), known.isa(isa or ISA)
    network = graph_of(model, known)
    tell("planning")
    made = plan.make(network, chip, instructions, known, kernel_names=kernels, forced=forced)
    return Planned(name_of(model), network, made)


def planned_once(
    model: Model,
    target: str | Target | None,
    isa: str | InstructionSet | None,
    registry: Registry | None,
    say: Stage | None,
    kernels: str = "*",
) -> Planned:
    """`planned`, or `model` itself where it is compiled already; raises `NmcuError` where a machine is named for it."""
    if not isinstance(model, Planned):
        return planned(model, target, isa, registry, say, kernels)
    refuse_machine(model, target, isa)
    return model


def refuse_machine(compiled: Planned, *machine: object) -> None:
    """Raises `NmcuError` where a machine is named for what is compiled already."""
    if any(each is not None for each in machine):
        made = f"{compiled.plan.target.name} with {compiled.plan.isa}"
        raise NmcuError(
            f"{compiled.model} is compiled already, for {made}: give `target` and `isa` to nmcu.compile"
        )
