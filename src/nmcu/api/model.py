"""What a user may give for a model, and what it becomes first: the integer graph, and the plan for a machine."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from nmcu import plan
from nmcu.api.foreign import fallback_of
from nmcu.errors import ModelError, NmcuError
from nmcu.graph import Graph
from nmcu.isa import InstructionSet
from nmcu.operators import load as load_file
from nmcu.plan import Plan
from nmcu.registry import Registry
from nmcu.targets import Target

TARGET = "cluster8"
"""The machine where none is named."""


class HasGraph(Protocol):
    """What holds a network: the results of `inspect`, `prune` and `compile`."""

    @property
    def graph(self) -> Graph: ...
    @property
    def model(self) -> str: ...


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network, and what reports call it; the file that it was read from, and which of its signatures."""

    model: str
    graph: Graph
    path: Path | None = None
    signature: str | None = None


Model = str | Path | Graph | HasGraph
"""A model file, the graph that `load` gives, or a result that holds one."""
Stage = Callable[[str], object]
"""Told what is being done."""


def load(
    path: str | Path,
    *,
    states: Mapping[str, str] = MappingProxyType({}),
    signature: str | None = None,
    fallback: str | None = None,
    registry: Registry | None = None,
) -> Graph:
    """The integer graph of an int8 model: TFLite or QDQ ONNX. Raises `ModelError` for anything else.

    `states` maps inputs of the model to outputs: what the output is becomes the input of the next run, from zero on.
    The graph then has neither of them, and a state that lasts from run to run. `signature` names one of a TFLite file's
    functions, where it has several. `fallback` says what runs the nodes that nmcu does not: `iree` (needs the extra
    `nmcu[iree]`); `iree-alone` runs all of them, for comparison.
    """
    if not isinstance(path, str | Path):
        raise _no_model(path)
    operators = (registry or Registry.installed()).operators.values()
    return load_file(Path(path), operators, states, signature, fallback_of(fallback, registry))


def read(
    path: Path, states: Mapping[str, str], signature: str | None = None, fallback: str | None = None
) -> Loaded:
    """What `load` gives, under the file's name."""
    return Loaded(
        path.name, load(path, states=states, signature=signature, fallback=fallback), path, signature
    )


def graph_of(model: Model, registry: Registry | None = None, fallback: str | None = None) -> Graph:
    """The graph, read where `model` is a file, with `fallback` as `load` takes it. Raises `NmcuError` for what is no
    model."""
    if isinstance(model, str | Path):
        return load(model, registry=registry, fallback=fallback)
    if fallback is not None:
        raise NmcuError(f"{name_of(model)} is read already: give `fallback` to nmcu.load")
    graph = model if isinstance(model, Graph) else getattr(model, "graph", None)
    if not isinstance(graph, Graph):
        raise _no_model(model)
    return graph


def _no_model(given: object) -> ModelError:
    kind = f"{type(given).__module__}.{type(given).__qualname__}"
    return ModelError(
        f"a {kind} is no model: give the path of a .tflite or .onnx file, or what nmcu.load gives"
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
    fallback: str | None = None,
) -> Planned:
    """`model` planned for a machine; see `compile` for what the arguments mean."""
    tell = say or (lambda stage: None)
    tell("reading")
    known = registry or Registry.installed()
    chip = known.target(target or TARGET)
    instructions = known.isa_for(chip, isa)
    network = graph_of(model, known, fallback)
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
    fallback: str | None = None,
) -> Planned:
    """`planned`, or `model` itself where it is compiled already; raises `NmcuError` where a machine is named for it."""
    if not isinstance(model, Planned):
        return planned(model, target, isa, registry, say, kernels, fallback=fallback)
    refuse_machine(model, target, isa, fallback)
    return model


def refuse_machine(compiled: Planned, *machine: object) -> None:
    """Raises `NmcuError` where a machine is named for what is compiled already."""
    if any(each is not None for each in machine):
        made = f"{compiled.plan.target.name} with {compiled.plan.isa}"
        raise NmcuError(
            f"{compiled.model} is compiled already, for {made}: give `target` and `isa` to nmcu.compile"
        )
