"""From a model to a program."""

from __future__ import annotations  # signatures in help() as they are written here

import warnings
from collections.abc import Mapping
from types import MappingProxyType

from nmcu import codegen, toolchain
from nmcu.api.compiled import CompiledModel
from nmcu.api.model import ISA, TARGET, Model, Stage, planned
from nmcu.errors import NoGainWarning
from nmcu.isa import InstructionSet
from nmcu.kernels import Machine, no_gain
from nmcu.plan import Plan
from nmcu.registry import Registry
from nmcu.report import labels
from nmcu.targets import Target


def compile(
    model: Model,
    target: str | Target = TARGET,
    *,
    isa: str | InstructionSet = ISA,
    kernels: str = "*",
    forced: Mapping[str, str] = MappingProxyType({}),
    registry: Registry | None = None,
    on_stage: Stage | None = None,
) -> CompiledModel:
    """Compiles a model file or graph for `target` and the instruction set `isa`: `rv32`, or names of extensions, as
    `xcv` or `xdec`, several joined by `+`.

    `target` is a name, the path of a folder with a `target.toml`, or a `nmcu.targets.Target`.
    `kernels` is a glob of kernel names to choose from, `forced` maps layer names to kernel names, `on_stage` is told
    what is being done. Raises a `NmcuError` that names the node, file or size for what is not supported, and warns
    (`NoGainWarning`) of N:M patterns that no layer is faster for.
    """
    found = planned(model, target, isa, registry, on_stage, kernels, forced)
    if kernels == "*" and not forced:
        _warn_of_no_gain(found.plan)
    if on_stage is not None:
        on_stage("compiling")
    program = codegen.emit(found.plan)
    image = toolchain.build(program, found.plan.target, found.plan.isa)
    return CompiledModel(found.model, found.graph, found.plan, program, image)


def _warn_of_no_gain(planned: Plan) -> None:
    """Of patterns of which the planner, free to choose, took dense kernels for all layers."""
    layers: dict[str, list[str]] = {}
    fast = set()
    for each in planned.layers:
        support = each.layer.support if each.kernel else None
        if each.kernel is None or support is None or support.pattern is None:
            continue
        layers.setdefault(support.name, []).append(each.name)
        if each.kernel.packed:
            fast.add(support.name)
    found = {pattern: labels(names, 40).texts for pattern, names in layers.items() if pattern not in fast}
    if found:
        warnings.warn(no_gain(found, Machine(planned.target, planned.isa)), NoGainWarning, stacklevel=3)
