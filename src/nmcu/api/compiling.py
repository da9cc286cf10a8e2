"""From a model to a program."""

from __future__ import annotations  # signatures in help() as they are written here

import warnings
from collections.abc import Mapping
from types import MappingProxyType

from nmcu import codegen, toolchain
from nmcu.api.compiled import CompiledModel
from nmcu.api.model import TARGET, Model, Stage, planned
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
    isa: str | InstructionSet | None = None,
    kernels: str = "*",
    forced: Mapping[str, str] = MappingProxyType({}),
    name: str | None = None,
    fallback: str | None = None,
    registry: Registry | None = None,
    on_stage: Stage | None = None,
) -> CompiledModel:
    """Compiles a model file or graph for `target` and the instruction set `isa`: `rv32`, or names of extensions, as
    `xcv`, `xdec` or `gmac`, several joined by `+`.

    `target` is a name, the path of a folder with a `target.toml`, or a `nmcu.targets.Target`.
    `kernels` is a glob of kernel names to choose from, `forced` maps layer names to kernel names, `name` is what the
    network's C functions begin with (without it, the model's), `fallback` names what runs nodes that nmcu does not
    (`load`), `on_stage` is told what is being done. Raises a
    `NmcuError` that names the node, file or size for what is not supported, and warns (`NoGainWarning`) of N:M patterns
    that no layer is faster for.
    """
    found = planned(model, target, isa, registry, on_stage, kernels, forced, fallback)
    if kernels == "*" and not forced:
        _warn_of_no_gain(found.plan)
    if on_stage is not None:
        on_stage("compiling")

    def built(chip: Target) -> CompiledModel:
        made = found
        if chip is not found.plan.target:
            made = planned(found, chip, found.plan.isa, registry, on_stage, kernels, forced)
        program = codegen.emit(made.plan, made.model, name=name)
        image = toolchain.build(program, made.plan.target, made.plan.isa)
        return CompiledModel(made.model, made.graph, made.plan, program, image)

    return toolchain.leaving_room(found.plan.target, built)


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
