"""The kernels of this package, and the choice that kernels leave for a layer."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pathlib import Path

from nmcu.graph import Layer
from nmcu.kernels.common import window
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
            found += kernel.candidates(layer, machine)
    return sorted(found, key=lambda c: (c.cycles, c.l1_bytes, c.kernel))


def fits(kernel: Kernel, layer: Layer, machine: Machine, names: str = "*") -> str | None:
    """Why `kernel` is not considered for `layer`, or None if it is."""
    if not kernel.runs(layer):
        return f"runs {', '.join(sorted({op.KIND for op in kernel.operators}))}"
    if missing := kernel.requires - machine.isa.names:
        return f"needs --isa {'+'.join(sorted(missing))}"
    if not fnmatchcase(kernel.name, names):
        return f"not among the kernels {names}"
    return window.oversized(layer) or kernel.refusal(layer, machine)
