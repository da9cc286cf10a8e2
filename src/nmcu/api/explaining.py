"""Why each layer runs on the kernel it runs on."""

from __future__ import annotations  # signatures in help() as they are written here

from nmcu import report
from nmcu.api.model import Model, planned_once
from nmcu.errors import NmcuError
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.report import Explanation, RunReport
from nmcu.targets import Target


def explain(
    model: Model,
    measured: RunReport | None = None,
    *,
    target: str | Target | None = None,
    isa: str | InstructionSet | None = None,
    kernels: str = "*",
    registry: Registry | None = None,
) -> Explanation:
    """The kernels made for each layer: the chosen one; what others are predicted to take, or why they cannot run it.

    `model` is what `compile` gives, or a model file or graph, which is planned for `target` (default `cluster8`) and
    `isa` (default: what the target names). With the report of a run, `measured`, the chosen kernels have their measured
    cycles, too. `kernels` is the glob that the choice was restricted to, if it was. Raises what `compile` raises.
    """
    known = registry or Registry.installed()
    found = planned_once(model, target, isa, known, None, kernels)
    if measured is not None and [m.name for m in measured.layers] != [p.name for p in found.plan.layers]:
        raise NmcuError(
            f"the report is of a run of {measured.model}, which has other layers than {found.model}"
        )
    return report.explain(found.model, found.plan, known.kernels.values(), kernels, measured)
