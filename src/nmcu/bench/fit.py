"""Fitting the kernels' cost constants (`nmcu.kernels.costs`) to measurements.

A kernel's compute time is linear in its constants, so the amount of each unit of work is what the model predicts when
that unit costs one cycle and all others nothing. Bank conflicts are in the measured times, and so in the constants.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.bench.isas import ISAS
from nmcu.bench.kernels import DENSE
from nmcu.bench.measure import Case, Measurement, kernel_of, layer_of, measure, refusal
from nmcu.bench.shapes import FIT_SHAPES, OTHER_SHAPES, PATTERNS, SHAPES
from nmcu.errors import NmcuError, counted
from nmcu.files import write_atomically
from nmcu.kernels.common import window
from nmcu.kernels.costs import CONTENTION, PIPELINE, Costs, fitted
from nmcu.kernels.records.token import TokenRecords
from nmcu.registry import Registry
from nmcu.result import Result
from nmcu.sparsity import NMPattern
from nmcu.work import Failure, Progress, workers

TILINGS = (0, 2)
"""Which of the best tilings compute times are measured with."""
CONTENTIONS = tuple(round(1 + 0.02 * i, 2) for i in range(16))
RUN_CONTENTIONS = tuple(round(0.02 * i, 2) for i in range(40))
ROUNDS = 20_000
SHARPENINGS = 12
Table = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class KernelError:
    """How far the model is off for one kernel, as shares of the measured cycles: on the shapes of the benchmark, which
    it was fitted to, and on others. `worst` names the case of the largest error of all."""

    kernel: str
    isa: str
    fitted_mean: float
    fitted_max: float
    other_mean: float
    other_max: float
    worst: str


@dataclass(frozen=True, repr=False)
class Fit(Result):
    """New constants, how far they are off, and the cases that could not be measured."""

    costs: Costs
    errors: tuple[KernelError, ...]
    failures: tuple[Failure, ...] = ()

    def __str__(self) -> str:
        mean = _mean([error.fitted_mean for error in self.errors])
        return f"cost model of {counted(len(self.errors), 'kernel')}: predictions {mean:.1%} off in the mean"

    def to_json(self) -> list[dict[str, Any]]:
        """The errors."""
        return self.rows()

    def rows(self) -> list[dict[str, Any]]:
        """The errors, by kernel."""
        return [asdict(error) for error in self.errors]

    def save_constants(self, path: Path) -> None:
        """Writes the constants to `path` as JSON."""
        write_atomically(path, (json.dumps(self.costs.constants, indent=1) + "\n").encode())


def fit(
    isas: Sequence[str] = ISAS,
    names: str = "*",
    change: bool = True,
    jobs: int = 2,
    progress: Progress = lambda done, total, last: None,
    scheduler: str | None = None,
) -> Fit:
    """Fits the constants of all kernels on `isas` whose name matches the glob `names`; the others stay.

    With `change` False only the error of the present constants is measured. Takes many single-layer runs (they are
    cached, as in `bench_kernels`, and measured on `workers`).
    """
    whole = list(_cases(FIT_SHAPES, isas, names))
    other = list(_cases(OTHER_SHAPES, isas, names))
    if not whole:
        raise NmcuError(f"there is no kernel matching {names!r} on {', '.join(isas)} to fit")
    to_fit = (
        [replace(case, apart=_apart(case), tiling=t) for case in whole for t in TILINGS] if change else []
    )
    with workers(jobs, scheduler) as pool:
        results, failures = pool.run(measure, list(dict.fromkeys([*whole, *other, *to_fit])), progress)
    measured = list(results.values())
    wrong = [str(m.case) for m in measured if not m.bit_exact]
    if wrong:
        shown = "; ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        raise NmcuError(f"results that differ from the reference are not fitted to: {shown}")
    costs = fitted()
    if change:
        costs = _with_kernels(costs, [m for m in measured if m.case in set(to_fit)])
        costs = _with_runs(costs, [m for m in measured if m.case in set(whole) and _in_parts(m.case)])
        if names == "*":  # tiles and layers are all kernels' business
            costs = _with_pipeline(costs, [m for m in measured if m.case in set(whole) and _in_tiles(m.case)])
    predicted_whole = [m for m in measured if m.case in {*whole, *other}]
    return Fit(costs, tuple(errors(predicted_whole, costs)), tuple(failures))


def _apart(case: Case) -> bool:
    """Whether the kernel of a case is fitted to its computing alone: what it prepares while operands come is work of
    its tiles, too. Others do that once for all tiles, and are fitted to whole layers."""
    return _in_tiles(case) or _in_parts(case)


def _in_tiles(case: Case) -> bool:
    return isinstance(kernel_of(case), window.WindowKernel)


def _in_parts(case: Case) -> bool:
    return isinstance(kernel_of(case), TokenRecords)


def errors(measured: Iterable[Measurement], costs: Costs) -> list[KernelError]:
    """How far predictions with `costs` are off, by kernel."""
    by_kernel: dict[tuple[str, str], list[tuple[Measurement, float]]] = {}
    for m in measured:
        error = abs(predicted(m, costs)[0] / m.cycles - 1)
        by_kernel.setdefault((m.case.kernel, m.case.isa), []).append((m, error))
    found = []
    for (kernel, isa), pairs in by_kernel.items():
        inside = [error for m, error in pairs if m.case.shape in SHAPES]
        outside = [error for m, error in pairs if m.case.shape not in FIT_SHAPES]
        worst, most = max(pairs, key=lambda pair: pair[1])
        found.append(
            KernelError(
                kernel=kernel,
                isa=isa,
                fitted_mean=_mean(inside),
                fitted_max=max(inside, default=0.0),
                other_mean=_mean(outside),
                other_max=max(outside, default=0.0),
                worst=f"{worst.case.shape} {worst.case.pattern}: {worst.cycles:,}, {most:.1%} off",
            )
        )
    return found


def predicted(m: Measurement, costs: Costs) -> tuple[int, int]:
    """(cycles of the whole layer, cycles of its compute alone) of a measured case under `costs`."""
    layer = layer_of(m.case.shape, m.case.pattern)[1]
    machine = replace(m.case.machine, fitted=costs, tiling=m.candidate.parameters)
    found = kernel_of(m.case).candidates(layer, machine)
    same = next(c for c in found if dict(c.parameters) == dict(m.candidate.parameters))
    return same.cycles, same.compute_cycles


def _cases(shapes: Sequence[str], isas: Sequence[str], names: str) -> Iterable[Case]:
    """Every kernel once on every shape: a kernel that does without groups is not measured on grouped patterns."""
    for shape in shapes:
        for pattern in (DENSE, *PATTERNS):
            for kernel in Registry.installed().kernels.values():
                if kernel.packed is (pattern == DENSE):
                    continue
                found = next((c for c in _on(shape, pattern, kernel.name, isas, names)), None)
                if found is not None and kernel.name in fitted().constants[_isa_class(found.isa)]:
                    yield found


def _on(shape: str, pattern: str, kernel: str, isas: Sequence[str], names: str) -> Iterable[Case]:
    for isa in isas:
        case = Case(shape, pattern, kernel, isa)
        if refusal(case, names) is None and not (
            "x" in pattern and refusal(replace(case, pattern=_ungrouped(pattern)), names) is None
        ):
            yield case


def _ungrouped(pattern: str) -> str:
    parsed = NMPattern.parse(pattern)
    return str(NMPattern(parsed.n, parsed.m))


def _with_kernels(costs: Costs, measured: Sequence[Measurement]) -> Costs:
    table = _table(costs)
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for m in measured:
        groups.setdefault((_isa_class(m.case.isa), m.case.kernel), []).append(m)
    for (isa, kernel), group in groups.items():
        known = table[isa][kernel]
        work = {unit: np.array([_amount(m, isa, unit) for m in group]) for unit in known}
        free = _identifiable(work)
        known |= dict.fromkeys(free, 0.0)
        cycles = np.array([_compute_cycles(m, costs) for m in group], np.float64)
        rest = cycles - [predicted(m, Costs(table))[1] for m in group]
        matrix = np.array([work[unit] for unit in free]).T
        values = solve_evenly(matrix / cycles[:, None], rest / cycles)
        table[isa][kernel] |= {unit: round(float(v), 2) for unit, v in zip(free, values, strict=True)}
    return Costs(table)


def _identifiable(work: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """Units that the measurements tell apart: those that occur, and not always as often as another one before.

    The others keep their constants (where every layer requantises in the wide form, nothing says what it adds).
    """
    found: list[str] = []
    for unit, amounts in work.items():
        if amounts.any() and not any(np.array_equal(amounts, work[other]) for other in found):
            found.append(unit)
    return found


def _amount(m: Measurement, isa: str, unit: str) -> float:
    """How often the measured case does one unit of work on the busiest core."""
    nothing = {k: dict.fromkeys(units, 0.0) for k, units in fitted().constants[isa].items()}
    only = Costs({isa: {**nothing, m.case.kernel: {**nothing[m.case.kernel], unit: 1000.0}}})
    return predicted(m, only)[1] / 1000


def _compute_cycles(m: Measurement, costs: Costs) -> int:
    """What was measured of computing: of a whole layer what `costs` leave for it."""
    total, compute = predicted(m, costs)
    return m.cycles if m.case.apart else m.cycles - (total - compute)


def _with_pipeline(costs: Costs, measured: Sequence[Measurement]) -> Costs:
    table = _table(costs)
    for isa in {_isa_class(m.case.isa) for m in measured}:
        group = [m for m in measured if _isa_class(m.case.isa) == isa]
        cycles = np.array([m.cycles for m in group], np.float64)
        work = np.array([[_tiles(m), 1] for m in group]) / cycles[:, None]
        best = np.inf
        for contention in CONTENTIONS:
            nothing = {"tile": 0.0, "layer": 0.0, "contention": contention}
            free = Costs({isa: {**table[isa], PIPELINE: nothing}})
            rest = 1 - np.array([predicted(m, free)[0] for m in group]) / cycles
            tile, layer = solve(work, rest)
            off = float(np.square(work @ (tile, layer) - rest).sum())
            if off < best:
                best = off
                found = {
                    "layer": round(float(layer), 1),
                    "tile": round(float(tile), 1),
                    "contention": contention,
                }
        table[isa][PIPELINE] = found
    return Costs(table)


def _with_runs(costs: Costs, measured: Sequence[Measurement]) -> Costs:
    """What a layer of kernels with parts takes beside them, and how much their work holds up transfers."""
    table = _table(costs)
    for isa, kernel in dict.fromkeys((_isa_class(m.case.isa), m.case.kernel) for m in measured):
        group = [m for m in measured if (_isa_class(m.case.isa), m.case.kernel) == (isa, kernel)]
        cycles = np.array([m.cycles for m in group], np.float64)
        known, best = table[isa][kernel], np.inf
        for contention in RUN_CONTENTIONS:
            free = Costs({isa: {**table[isa], kernel: {**known, "layer": 0.0, CONTENTION: contention}}})
            rest = 1 - np.array([predicted(m, free)[0] for m in group]) / cycles
            (layer,) = solve(1 / cycles[:, None], rest)
            off = float(np.square(layer / cycles - rest).sum())
            if off < best:
                best = off
                table[isa][kernel] = {**known, "layer": round(float(layer), 1), CONTENTION: contention}
    return Costs(table)


def _tiles(m: Measurement) -> int:
    layer = layer_of(m.case.shape, m.case.pattern)[1]
    rows, channels = window.tile_counts(
        window.geometry(layer), window.Tiling.from_parameters(m.candidate.parameters)
    )
    return rows * channels


def solve_evenly(matrix: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Like `solve`, with large errors counting more: about the fourth powers, by weights from the errors before."""
    weight = np.ones(len(target))
    for _ in range(SHARPENINGS):
        x = solve(matrix * weight[:, None], target * weight)
        weight = np.sqrt(weight * (0.01 + np.abs(matrix @ x - target)))
        weight /= weight.max()
    return x


def solve(matrix: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The x >= 0 that minimises the squares of `matrix @ x - target`, by coordinate descent."""
    scale = np.linalg.norm(matrix, axis=0)
    unit = matrix / scale
    gram, slope = unit.T @ unit, unit.T @ target
    x = np.zeros(len(scale))
    for _ in range(ROUNDS):
        before = x.copy()
        for i in range(len(x)):
            x[i] = max(0.0, x[i] + slope[i] - gram[i] @ x)
        if np.abs(x - before).max() < 1e-10:
            break
    return np.asarray(x / scale)


def _table(costs: Costs) -> Table:
    return {
        isa: {kernel: dict(units) for kernel, units in table.items()}
        for isa, table in costs.constants.items()
    }


def _isa_class(isa: str) -> str:
    """The instruction set whose constants `isa` has."""
    return Registry.installed().isa(isa).best({key: key for key in fitted().constants})


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
