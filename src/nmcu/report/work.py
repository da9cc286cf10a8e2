"""What parts of a layer's work are predicted to take, by the fitted costs of its kernel (`kernels.costs`)."""

from collections.abc import Callable
from dataclasses import replace

from nmcu.kernels import Kernel, Machine
from nmcu.plan import Part, PlannedLayer


def hot_cycles(planned: PlannedLayer, machine: Machine) -> int | None:
    """Cycles of the layer's hot loop, divided over the cores as its blocks are, were there nothing else to do; None
    where the kernel's costs are not fitted."""
    return work_cycles(planned, machine, lambda unit: unit == "step")


def work_cycles(planned: PlannedLayer, machine: Machine, wanted: Callable[[str], bool]) -> int | None:
    """Cycles of the work on those units that are `wanted`, with everything in compute memory."""
    kernel = planned.kernel
    if kernel is None or not machine.is_fitted(kernel.name):
        return None
    partly = replace(machine, fitted=machine.fitted.only(wanted))
    found: dict[object, int] = {}  # stripes of rows are mostly alike
    for part in planned.parts:
        alike = id(part.layer.constants), part.layer.form
        if alike not in found:
            found[alike] = _work(kernel, part, partly)
    return sum(found[id(part.layer.constants), part.layer.form] for part in planned.parts)


def _work(kernel: Kernel, part: Part, machine: Machine) -> int:
    """Cycles of a part's work, as tiled in the plan."""
    tilings = kernel.predicted(part.layer, replace(machine, tiling=part.parameters, near=part.near))
    same = next((c for c in tilings if dict(c.parameters) == dict(part.parameters)), None)
    return same.compute_cycles if same else part.compute_cycles
