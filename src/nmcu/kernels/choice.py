"""The kernels of this package, and the choice that kernels leave for a layer."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pathlib import Path

from nmcu.graph import Layer
from nmcu.graph.requant import SUMS, Requantised
from nmcu.kernels.common import epilogue, window
from nmcu.kernels.kernel import Candidate, Kernel, Machine


@cache
def built_in() -> tuple[Kernel, ...]:
    """The kernels of this package: `KERNELS` of every folder here that has a `spec.py`."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/spec.py"))
    return tuple(k for name in folders for k in import_module(f"nmcu.kernels.{name}.spec").KERNELS)


def candidates(
    kernels: Iterable[Kernel], layer: Layer, machine: Machine, names: str = "*"
) -> Sequence[Candidate]:
    """Every tiling of those of `kernels` that match the glob `names` and can run `layer`, best predicted first."""
    found: list[Candidate] = []
    for kernel in kernels:
        if fits(kernel, layer, machine, names) is None:
            found += kernel.predicted(layer, machine)
    return sorted(found, key=lambda c: (c.cycles, c.l1_bytes, c.kernel))


def fits(kernel: Kernel, layer: Layer, machine: Machine, names: str | None = None) -> str | None:
    """Why `kernel` cannot run `layer`, or is not considered where the choice is among `names` (a glob), or None."""
    if not kernel.runs(layer):
        return f"runs {', '.join(sorted({op.KIND for op in kernel.operators}))}"
    if missing := kernel.requires - machine.isa.names:
        return f"needs --isa {'+'.join(sorted(missing))}"
    if names is not None and not fnmatchcase(kernel.name, names):
        return f"not among the kernels {names}"
    if kernel.baseline and names not in (None, kernel.name):
        return f"only to compare with: ask for it by --kernels {kernel.name}"
    return refusal(kernel, layer, machine)


def refusal(kernel: Kernel, layer: Layer, machine: Machine) -> str | None:
    """Why `kernel` cannot run `layer`, which is of one of its operators, whatever instructions there are, or None."""
    sums = isinstance(layer.op, Requantised) and layer.op.form == SUMS
    if sums != kernel.sums and isinstance(layer.op, Requantised):
        return "accumulators that are the output" if sums else "requantisation"
    return epilogue.refusal(kernel, layer) or window.oversized(layer) or kernel.refusal(layer, machine)
