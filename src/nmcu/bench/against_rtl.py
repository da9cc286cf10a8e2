"""Calibration: kernels on a few shapes, and whole networks, on the instruction-set simulator and on the RTL."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from nmcu import codegen, graph, kernels, plan, targets, toolchain
from nmcu.bench.examples import EXAMPLES
from nmcu.bench.isas import ISAS
from nmcu.bench.rows import Rows
from nmcu.bench.shapes import Shape, network
from nmcu.errors import NmcuError
from nmcu.graph import Graph
from nmcu.kernels import Machine
from nmcu.operators import load
from nmcu.registry import Registry
from nmcu.rtl.compare import Row, compare
from nmcu.targets import Target

TARGET = "cluster8"
PATTERNS = ("dense", "1:4", "1:8", "1:16", "1:8x4")
SHAPES = ("conv3x3_7x7x33_17", "conv1x1_8x8x64_64", "linear_256_256_t1", "linear_192_128_t17")
"""Small enough for minutes on the RTL; 7x7x33_17 divides by nothing."""


@dataclass(frozen=True)
class Case:
    """One kernel on one layer."""

    shape: str
    pattern: str
    kernel: str
    isa: str

    @property
    def name(self) -> str:
        return f"{self.kernel} {self.shape} {self.pattern}"


def cases(
    shapes: Sequence[str] = SHAPES, patterns: Sequence[str] = PATTERNS, names: str = "*"
) -> Iterator[Case]:
    """Every kernel that matches the glob `names` on each shape and pattern that it accepts; one that does not look at
    zeros only on `dense`."""
    for shape in shapes:
        blind = {kernel for kernel, _ in _accepted(shape, "dense")}
        for pattern in patterns:
            for kernel, isa in _accepted(shape, pattern):
                if fnmatchcase(kernel, names) and (pattern == "dense" or kernel not in blind):
                    yield Case(shape, pattern, kernel, isa)


def _accepted(shape: str, pattern: str) -> Iterator[tuple[str, str]]:
    """Names of the kernels that run the layer, with the smallest instruction set that they need."""
    (layer,) = network(Shape.parse(shape), pattern).layers
    registry = Registry.installed()
    for kernel in registry.kernels.values():
        for isa in ISAS:
            machine = Machine(targets.get(TARGET), registry.isa(isa))
            if kernels.fits(kernel, layer, machine) is None:
                yield kernel.name, isa
                break


def compare_kernels(
    cases: Sequence[Case], cores: Sequence[int] = (1, 8), on_case: Callable[[str], None] = lambda name: None
) -> Iterator[Row]:
    """A row for each case and number of cores."""
    for case in cases:
        for count in cores:
            on_case(f"{case.name}, {count} core{'s' if count > 1 else ''}")
            model = network(Shape.parse(case.shape), case.pattern)
            yield from _compare(case.name, model, _with_cores(count), case.isa, case.kernel, layers=False)


def compare_networks(
    models: Sequence[Path], isa: str = "xcv", on_case: Callable[[str], None] = lambda name: None
) -> Iterator[Row]:
    """A row for each layer of each model file, and one for the whole network, on eight cores."""
    for path in models:
        on_case(path.name)
        yield from _compare(
            path.stem,
            load(path, Registry.installed().operators.values()),
            targets.get(TARGET),
            isa,
            "*",
            layers=True,
        )


def calibrate(
    models: Sequence[str | Path] | None = None,
    kernels: bool = True,
    shapes: Sequence[str] | None = None,
    patterns: Sequence[str] = PATTERNS,
    only: str = "*",
    on_case: Callable[[str], None] = lambda name: None,
) -> Rows[Row]:
    """Rows of `compare_kernels`, with `kernels`, for those that match the glob `only` on `shapes` (or a few small ones)
    and `patterns`; and of `compare_networks`, by default of the examples unless shapes are named.

    Raises `NmcuError` where there is nothing to compare.
    """
    examples = sorted(EXAMPLES.glob("*.onnx")) if shapes is None else []
    files = examples if models is None else [Path(model) for model in models]
    wanted = list(cases(SHAPES if shapes is None else shapes, patterns, only)) if kernels else []
    rows = [*compare_kernels(wanted, on_case=on_case), *compare_networks(files, on_case=on_case)]
    if not rows:
        raise NmcuError("nothing to compare: name a network, or a shape and kernels that run it")
    return Rows("simulator against RTL", tuple(rows))


def _compare(
    name: str, model: Graph, target: Target, isa: str, kernel: str, *, layers: bool
) -> tuple[Row, ...]:
    registry = Registry.installed()

    def built(chip: Target) -> tuple[plan.Plan, toolchain.Image]:
        planned = plan.make(model, chip, registry.isa(isa), registry, kernel_names=kernel)
        cores = {"NMCU_CORES": f"{chip.cores}u"}
        return planned, toolchain.build(codegen.emit(planned), chip, planned.isa, defines=cores)

    _, image = toolchain.leaving_room(target, built)
    inputs = model.border.encode(graph.random_inputs(model, 0))
    return compare(name, image, inputs, graph.reference.run(model, inputs), target, layers=layers)


def _with_cores(count: int) -> Target:
    """The cluster with fewer cores, which share the room of all stacks: tiles are those of the whole cluster."""
    full = targets.get(TARGET)
    return replace(full, cores=count, stack_bytes=full.stack_bytes * full.cores // count)
