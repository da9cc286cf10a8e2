"""Why each layer runs on the kernel it runs on."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from rich.console import RenderableType

from nmcu import kernels
from nmcu.errors import counted
from nmcu.kernels import Kernel, Machine
from nmcu.plan import Plan, PlannedLayer
from nmcu.report.grid import Column, Grid, Heading, Kind, Row
from nmcu.report.names import label
from nmcu.report.run_report import RunReport
from nmcu.result import Result

COLUMNS = (
    Column("kernel", Kind.NAME),
    Column("predicted"),
    Column("measured"),
    Column("error", rank=1),
    Column("tiling, or why not", Kind.TEXT, least=24),
)


@dataclass(frozen=True)
class Option:
    """A kernel made for a layer: predicted cycles with its best tiling, or why it cannot run the layer (`reason`).

    `measured` cycles are of the chosen kernel, where a run is looked at.
    """

    layer: str
    kernel: str
    chosen: bool
    predicted: int | None = None
    measured: int | None = None
    tiling: Mapping[str, int] | None = None
    reason: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Result):
    """The kernels made for every layer of a network, the chosen one first."""

    model: str
    target: str
    isa: str
    options: tuple[Option, ...]

    def __str__(self) -> str:
        chosen = Counter(option.kernel for option in self.options if option.chosen)
        layers = counted(chosen.total(), "layer")
        return (
            f"{label(self.model)} on {self.target} ({self.isa}): kernels chosen for {layers}\n"
            + ", ".join(f"{kernel} {count}" for kernel, count in chosen.most_common())
        )

    def to_json(self) -> dict[str, Any]:
        """Model, machine, options."""
        return {"model": self.model, "target": self.target, "isa": self.isa, "options": self.rows()}

    def rows(self) -> list[dict[str, Any]]:
        """The options, layer by layer."""
        return [{**vars(o), "tiling": dict(o.tiling or {})} for o in self.options]


def explain(
    model: str, plan: Plan, known: Iterable[Kernel], kernel_names: str = "*", report: RunReport | None = None
) -> Explanation:
    """Which of the `known` kernels each layer of `plan` could run on, with what `report` of a run measured."""
    known = tuple(known)
    measured = {layer.name: layer.cycles for layer in report.layers} if report else {}
    options = [
        option
        for layer in plan.layers
        if layer.kernel is not None
        for option in _options(layer, layer.kernel, plan.machine, known, kernel_names, measured)
    ]
    return Explanation(model, plan.target.name, str(plan.isa), tuple(options))


def _options(
    planned: PlannedLayer,
    chosen: Kernel,
    machine: Machine,
    known: Iterable[Kernel],
    kernel_names: str,
    measured: Mapping[str, int],
) -> Iterator[Option]:
    name = planned.name
    tiling = {"stripes": planned.stripes} if planned.stripes > 1 else {}
    yield Option(
        name, chosen.name, True, planned.cycles, measured.get(name), {**tiling, **planned.parameters}
    )
    near = planned.parts[0].near if len(planned.parts) == 1 else frozenset()
    for kernel in known:
        if kernel is chosen or not kernel.runs(planned.layer):
            continue
        reason = kernels.fits(kernel, planned.layer, machine, kernel_names)
        beside = replace(machine, near=near) if kernel.near else machine
        found = [] if reason else kernel.predicted(planned.layer, beside)
        if found:
            best = min(found, key=lambda candidate: candidate.cycles)
            yield Option(name, kernel.name, False, best.cycles, tiling=best.parameters)
        else:
            yield Option(name, kernel.name, False, reason=reason or "no tile of it fits the compute memory")


def explain_table(explanation: Explanation) -> RenderableType:
    """The options under the names of their layers; the chosen one has an arrow."""
    rows: list[Row] = []
    for layer, options in groupby(explanation.options, key=lambda option: option.layer):
        rows.append(Heading(layer))
        rows += [_line(option) for option in options]
    return Grid(COLUMNS, rows)


def _line(option: Option) -> Row:
    tiling = " ".join(f"{key}={value}" for key, value in (option.tiling or {}).items())
    error = ""
    if option.predicted is not None and option.measured:
        error = f"{option.predicted / option.measured - 1:+.1%}"
    return (
        f"{option.kernel} ←" if option.chosen else option.kernel,
        "" if option.predicted is None else f"{option.predicted:,}",
        "" if option.measured is None else f"{option.measured:,}",
        error,
        option.reason or tiling,
    )
