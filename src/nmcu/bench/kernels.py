"""The kernel benchmark: every kernel on every shape and pattern it runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from nmcu.bench.isas import ISAS
from nmcu.bench.measure import Case, Measurement, kernel_of, measure, refusal
from nmcu.bench.rows import Rows
from nmcu.bench.shapes import PATTERNS, SHAPES, Shape
from nmcu.errors import NmcuError
from nmcu.registry import Registry
from nmcu.work import Progress, workers

DENSE = "dense"
DENSE_4X2 = "dense_4x2"


@dataclass(frozen=True)
class KernelRow:
    """One line of the benchmark.

    `cycles` are the whole layer's, `macs` count zero weights; speed-ups are over the fastest dense kernel and the
    dense 4x2 loop on the same shape, None where none fits. `packed` says whether the kernel reads packed weights,
    `packed_bytes` are weights and positions as stored, `stalls` cycles by cause, averaged over the cores.
    """

    shape: str
    op: str
    pattern: str
    kernel: str
    isa: str
    packed: bool
    cycles: int
    macs: int
    nonzero_macs: int
    macs_per_cycle: float
    speedup_vs_dense: float | None
    speedup_vs_dense_4x2: float | None
    packed_bytes: int
    dense_bytes: int
    bit_exact: bool
    stalls: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """The row as JSON data."""
        return {**vars(self), "stalls": dict(self.stalls)}


@dataclass(frozen=True)
class Selection:
    """What to measure: globs of shapes and kernels, patterns, and instruction sets.

    A kernel is measured on the first of `isas` that it runs on: software kernels are the same on all that follow.
    `l1_resident`: operands are in L1 from the start and stay there; only layers that fit it whole.
    """

    shapes: str = "*"
    kernels: str = "*"
    patterns: tuple[str, ...] = PATTERNS
    isas: tuple[str, ...] = ISAS
    target: str = "cluster8"
    l1_resident: bool = False


def bench_kernels(
    selection: Selection = Selection(),
    jobs: int = 2,
    progress: Progress = lambda done, total, last: None,
    scheduler: str | None = None,
) -> Rows[KernelRow]:
    """Measures what `selection` names, and the dense kernels of the same shapes to compare with, on `workers`.

    Rows are ordered by shape, pattern and cycles. Raises `NmcuError` where the selection names nothing.
    """
    wanted = list(cases(selection))
    if not wanted:
        raise NmcuError(
            f"no kernel matching {selection.kernels!r} runs a shape matching {selection.shapes!r} "
            f"on {', '.join(selection.isas)}; shapes: {', '.join(SHAPES)}"
        )
    baselines = [
        case for shape in dict.fromkeys(c.shape for c in wanted) for case in _dense(selection, shape)
    ]
    with workers(jobs, scheduler) as pool:
        measured, failures = pool.run(measure, list(dict.fromkeys([*baselines, *wanted])), progress)
    found = rows(list(measured.values()), wanted)
    wrong = tuple(f"{row.shape} {row.pattern} {row.kernel}" for row in found if not row.bit_exact)
    return Rows("kernels", tuple(found), tuple(failures), wrong)


def cases(selection: Selection) -> Iterator[Case]:
    """The cases that `selection` names, dense kernels first in every shape."""
    for shape in shape_names(selection.shapes):
        yield from (c for c in _dense(selection, shape) if fnmatchcase(c.kernel, selection.kernels))
        for pattern in selection.patterns:
            for kernel in Registry.installed().kernels.values():
                if kernel.packed and fnmatchcase(kernel.name, selection.kernels):
                    yield from _case(selection, shape, pattern, kernel.name)


def shape_names(wanted: str) -> list[str]:
    """The benchmark's shapes that match a glob; the shape itself where it names another one."""
    found = [shape for shape in SHAPES if fnmatchcase(shape, wanted)]
    return found if found or set(wanted) & set("*?[") else [Shape.parse(wanted).name]


def rows(measured: Sequence[Measurement], wanted: Sequence[Case]) -> list[KernelRow]:
    """The rows of the `wanted` cases, compared with the dense kernels among `measured`."""
    by_case = {m.case: m for m in measured}
    dense: dict[str, list[Measurement]] = {}
    for m in measured:
        if m.case.pattern == DENSE:
            dense.setdefault(m.case.shape, []).append(m)
    found = [_row(by_case[case], dense.get(case.shape, [])) for case in wanted if case in by_case]
    position = {key: at for at, key in enumerate(dict.fromkeys((c.shape, c.pattern) for c in wanted))}
    return sorted(found, key=lambda row: (position[row.shape, row.pattern], row.cycles, row.kernel))


def _dense(selection: Selection, shape: str) -> Iterator[Case]:
    for kernel in Registry.installed().kernels.values():
        if not kernel.packed:
            yield from _case(selection, shape, DENSE, kernel.name)


def _case(selection: Selection, shape: str, pattern: str, kernel: str) -> Iterator[Case]:
    for isa in selection.isas:
        resident = selection.l1_resident
        case = Case(shape, pattern, kernel, isa, selection.target, apart=resident, whole=resident)
        if refusal(case) is None:
            yield case
            return


def _row(m: Measurement, dense: Sequence[Measurement]) -> KernelRow:
    fastest = min((d.cycles for d in dense), default=None)
    simple = next((d.cycles for d in dense if d.case.kernel == DENSE_4X2), None)
    shape = Shape.parse(m.case.shape)
    return KernelRow(
        shape=shape.name,
        op=shape.op,
        pattern=m.case.pattern,
        kernel=m.case.kernel,
        isa=m.case.isa,
        packed=kernel_of(m.case).packed,
        cycles=m.cycles,
        macs=m.macs,
        nonzero_macs=m.nonzero_macs,
        macs_per_cycle=round(m.macs / m.cycles, 3),
        speedup_vs_dense=None if fastest is None else round(fastest / m.cycles, 3),
        speedup_vs_dense_4x2=None if simple is None else round(simple / m.cycles, 3),
        packed_bytes=m.packed_bytes,
        dense_bytes=shape.dense_bytes,
        bit_exact=m.bit_exact,
        stalls=m.stalls,
    )
