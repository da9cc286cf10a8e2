"""One layer on one kernel: planned, compiled, simulated and compared with the reference."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nmcu import cache as results
from nmcu import codegen, graph, kernels, plan, sim, toolchain
from nmcu.bench.shapes import Shape, network
from nmcu.codegen import Program
from nmcu.errors import PlanError, SimulationFault
from nmcu.graph import Graph, Layer
from nmcu.isa import InstructionSet
from nmcu.kernels import Candidate, Kernel, Machine
from nmcu.registry import Registry
from nmcu.sim import STALL_CAUSES, RegionStats
from nmcu.sim.build import library_for
from nmcu.sim.run import run
from nmcu.targets import Target
from nmcu.targets.target import DESCRIPTION
from nmcu.toolchain import Image

PIPELINE_APART = Path(__file__).parent / "pipeline_apart.c"
LAYER_REGION, COMPUTE_REGION = 1, 1000


@dataclass(frozen=True, order=True)
class Case:
    """What is measured: names of a shape, a pattern (or `dense`), a kernel, an instruction set and a target.

    `apart`: tiles are loaded, computed and stored one after the other, and only the computing counts. `whole`: the
    layer is one tile. `tiling`: the n-th best tiling by prediction.
    """

    shape: str
    pattern: str
    kernel: str
    isa: str
    target: str = "cluster8"
    apart: bool = False
    whole: bool = False
    tiling: int = 0

    def __str__(self) -> str:
        return f"{self.shape} {self.pattern} {self.kernel} {self.isa}"

    @property
    def machine(self) -> Machine:
        """What the kernel is planned for."""
        registry = Registry.installed()
        return Machine(registry.target(self.target), registry.isa(self.isa))


@dataclass(frozen=True)
class Measurement:
    """A case as measured.

    `cycles` is the time from the first to the last cycle on any core, with `Case.apart` that of all tiles' computing.
    `stalls` are cycles by cause, averaged over the cores. `candidate` says what was predicted, `packed_bytes` counts
    weights and positions as stored.
    """

    case: Case
    candidate: Candidate
    cycles: int
    stalls: Mapping[str, int]
    bit_exact: bool
    macs: int
    nonzero_macs: int
    packed_bytes: int


@lru_cache(maxsize=256)
def layer_of(shape: str, pattern: str) -> tuple[Graph, Layer]:
    """The network of a shape and pattern, and its only layer."""
    made = network(Shape.parse(shape), pattern)
    (layer,) = made.layers
    return made, layer


def kernel_of(case: Case) -> Kernel:
    """The kernel of a case; raises KeyError."""
    return Registry.installed().kernels[case.kernel]


def refusal(case: Case, names: str = "*") -> str | None:
    """Why the case cannot be run, as far as its kernel tells without looking for tilings, or is not wanted because
    its kernel does not match the glob `names`; None if it can."""
    kernel = kernel_of(case)
    wanted = None if fnmatchcase(case.kernel, names) else names
    return kernels.fits(kernel, layer_of(case.shape, case.pattern)[1], case.machine, wanted)


def measure(case: Case) -> Measurement | None:
    """Runs a case, or takes what a former run of the same program left in the cache; None where no tiling fits L1.

    The outputs are compared with the reference either way. Raises `SimulationFault` naming the case where the
    program fails.
    """
    made, layer = layer_of(case.shape, case.pattern)
    machine = case.machine
    candidate = _candidate(case, layer)
    if candidate is None:
        return None
    try:
        planned = plan.make(
            made, machine.target, machine.isa, Registry.installed(), pinned={layer.name: candidate}
        )
    except PlanError:
        return None
    program = codegen.emit(planned, case.shape)
    if case.apart:
        program = _apart(program)
    image = toolchain.build(program, machine.target, machine.isa)
    feeds = made.border.encode(graph.random_inputs(made, 1))
    try:
        raw = _simulated(image, feeds, case)
    except SimulationFault as fault:
        raise SimulationFault(f"{case}: {fault}") from None
    expected = graph.reference.run(made, feeds)
    weight = layer.constants["weight"]
    return Measurement(
        case=case,
        candidate=candidate,
        cycles=raw["cycles"],
        stalls=raw["stalls"],
        bit_exact=raw["outputs"] == digest(expected),
        macs=layer.macs,
        nonzero_macs=layer.macs * int(np.count_nonzero(weight)) // weight.size,
        packed_bytes=planned.layers[0].constant_bytes - planned.layers[0].requant_bytes,
    )


def _candidate(case: Case, layer: Layer) -> Candidate | None:
    found: Sequence[Candidate] = kernel_of(case).predicted(layer, case.machine)
    if case.whole:
        found = [c for c in found if not any(b.endswith("1") for b in c.l1)]  # none alternates: one tile
    return found[case.tiling] if case.tiling < len(found) else None


def _apart(program: Program) -> Program:
    library = tuple(PIPELINE_APART if path.name == "pipeline.c" else path for path in program.library)
    return replace(
        program, library=library, defines={**program.defines, "NMCU_COMPUTE_REGION": str(COMPUTE_REGION)}
    )


def _simulated(image: Image, feeds: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """Cycles, stalls and the digest of the outputs, as JSON data; from the cache if it is there."""
    parts = [feeds[name].tobytes() for name in sorted(feeds)]
    key = results.key(
        "bench", simulator_identity(image.target, image.isa), case.target, case.isa, image.elf, *parts
    )
    known = results.load(key)
    if known is not None:
        return dict(json.loads(known))
    result = run(image, feeds)
    regions = result.region(COMPUTE_REGION if case.apart else LAYER_REGION)
    raw = {
        "cycles": _span(regions),
        "stalls": _stalls(regions),
        "outputs": digest(result.outputs),
    }
    results.store(key, json.dumps(raw).encode())
    return raw


def _span(cores: Sequence[RegionStats]) -> int:
    """Of all visits of the region, the time from the first core's start to the last one's end."""
    visits = zip(*(core.visits for core in cores), strict=True)
    return sum(max(last for _, last in visit) - min(first for first, _ in visit) for visit in visits)


def _stalls(cores: Sequence[RegionStats]) -> dict[str, int]:
    return {cause: sum(core.stalls[cause] for core in cores) // len(cores) for cause in STALL_CAUSES}


def digest(outputs: Mapping[str, Any]) -> str:
    """A hash of tensors by name."""
    hasher = hashlib.sha256()
    for name in sorted(outputs):
        hasher.update(np.ascontiguousarray(outputs[name]).tobytes())
    return hasher.hexdigest()


@cache
def simulator_identity(target: Target, isa: InstructionSet) -> bytes:
    """What a result depends on besides the program: the simulator, in C++ and in Python, the target's description, and
    what is taken from a run here."""
    described = (target.folder / DESCRIPTION).read_bytes() + repr(target.core.timing).encode()
    code = results.contents((library_for(isa).path, Path(sim.__file__).parent, Path(__file__)), ".py")
    return hashlib.sha256(code + described).digest()
