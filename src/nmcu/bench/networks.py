"""Whole networks, dense and pruned: cycles, speed-up, and where the weights come from."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from nmcu import cache as results
from nmcu import codegen, graph, operators, plan, targets, toolchain
from nmcu.bench import examples
from nmcu.bench.isas import ISAS
from nmcu.bench.measure import digest, simulator_identity
from nmcu.bench.models import BUILT
from nmcu.bench.rows import Rows
from nmcu.errors import NmcuError
from nmcu.graph import Graph
from nmcu.graph.prune import choose, prune
from nmcu.plan import Plan
from nmcu.registry import Registry
from nmcu.sim.run import run
from nmcu.sparsity import NMPattern
from nmcu.targets import Target
from nmcu.work import Progress, workers

DENSE = "dense"
PATTERNS = (DENSE, "1:4", "1:8", "1:16", "1:8x4", "1:16x4")
MODELS_VARIABLE = "NMCU_TEST_DATA"
PUBLISHED = "published*"
"""The kernels of the paper that is reproduced here."""


@dataclass(frozen=True, order=True)
class NetworkCase:
    """A network by name, a pattern (or `dense`), an instruction set, and a glob of kernels to choose from."""

    network: str
    pattern: str
    isa: str
    kernels: str = "*"

    def __str__(self) -> str:
        return f"{self.network} {self.pattern} {self.isa}"


@dataclass(frozen=True)
class NetworkRow:
    """One network as measured. `macs` count zero weights; `weight_bytes` are packed weights and positions as stored,
    `l3_read_bytes` what streams from L3; `speedup_vs_dense` is over the dense row of the same network and run;
    `cycles_by_kind` are cycles by kind of layer; `top1` in percent where a trained file is measured, else None."""

    network: str
    pattern: str
    isa: str
    kernels: str
    cycles: int
    macs: int
    macs_per_cycle: float
    speedup_vs_dense: float | None
    weight_bytes: int
    dense_weight_bytes: int
    l3_read_bytes: int
    predicted_cycles: int
    bit_exact: bool
    top1: float | None
    cycles_by_kind: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """The row as JSON data."""
        return asdict(self)


def sources() -> dict[str, Path | None]:
    """Networks by name: None for those built here, else the model's file: the examples, and MLPerf Tiny's where the
    variable NMCU_TEST_DATA names a folder with them."""
    found: dict[str, Path | None] = dict.fromkeys(BUILT)
    for file in sorted(examples.EXAMPLES.glob("*_dense.onnx*")):
        found[examples.name(file).removesuffix("_dense")] = file
    tiny = Path(os.environ.get(MODELS_VARIABLE, "")) / "mlperf_tiny"
    if os.environ.get(MODELS_VARIABLE) and tiny.is_dir():
        found |= {f"mlperf_{file.stem.removesuffix('_int8')}": file for file in sorted(tiny.glob("*.tflite"))}
    return found


def cases(networks: str, patterns: Sequence[str], isas: Sequence[str], kernels: str) -> Iterator[NetworkCase]:
    """The cases that the arguments name, dense ones first; the published kernels on the networks built here are
    measured as well where `kernels` leaves the choice open, on instruction sets that add one to those before."""
    with_published = {_published(isa): isa for isa in reversed(isas)}.values()
    for name in sources():
        if not fnmatchcase(name, networks):
            continue
        for isa in isas:
            for pattern in dict.fromkeys((DENSE, *patterns)):
                yield NetworkCase(name, pattern, isa, kernels)
                if kernels == "*" and name in BUILT and pattern in ("1:8", "1:16") and isa in with_published:
                    yield NetworkCase(name, pattern, isa, PUBLISHED)


def _published(isa: str) -> frozenset[str]:
    """The published kernels that run on `isa`."""
    registry = Registry.installed()
    names = registry.isa(isa).names
    return frozenset(
        k.name for k in registry.kernels.values() if k.requires <= names and fnmatchcase(k.name, PUBLISHED)
    )


def bench_networks(
    networks: str = "*",
    patterns: Sequence[str] = PATTERNS,
    isas: Sequence[str] = ISAS,
    kernels: str = "*",
    jobs: int = 2,
    progress: Progress = lambda done, total, last: None,
    scheduler: str | None = None,
) -> Rows[NetworkRow]:
    """Measures the networks on `workers`; what a former run left in the cache is not simulated again.

    Raises `NmcuError` where `networks` names none.
    """
    wanted = list(cases(networks, patterns, isas, kernels))
    if not wanted:
        raise NmcuError(f"no network matches {networks!r}; networks: {', '.join(sources())}{_hint()}")
    with workers(jobs, scheduler) as pool:
        rows, failures = pool.run(measure, wanted, progress)
    found = tuple(_compared(row, rows) for row in rows.values())
    wrong = tuple(f"{row.network} {row.pattern} {row.isa}" for row in found if not row.bit_exact)
    return Rows("networks", found, tuple(failures), wrong)


def _hint() -> str:
    return (
        "" if os.environ.get(MODELS_VARIABLE) else f" (MLPerf Tiny's where {MODELS_VARIABLE} names a folder)"
    )


def _compared(row: NetworkRow, rows: Mapping[NetworkCase, NetworkRow]) -> NetworkRow:
    dense = next(
        (r for c, r in rows.items() if c.network == row.network and c.pattern == DENSE and c.isa == row.isa),
        None,
    )
    return replace(row, speedup_vs_dense=round(dense.cycles / row.cycles, 3) if dense else None)


def measure(case: NetworkCase) -> NetworkRow:
    """Compiles, simulates and checks one network."""
    network = _network(case.network, case.pattern)
    target = targets.get("cluster8")
    registry = Registry.installed()

    def built(chip: Target) -> tuple[Plan, toolchain.Image]:
        made = plan.make(network, chip, registry.isa(case.isa), registry, kernel_names=case.kernels)
        return made, toolchain.build(codegen.emit(made, case.network), chip, made.isa)

    planned, image = toolchain.leaving_room(target, built)
    regions = _simulated(network, image)
    layers = [layer for layer in planned.layers if layer.kernel]
    by_kind: dict[str, int] = {}
    for layer in layers:
        by_kind[layer.layer.kind] = by_kind.get(layer.layer.kind, 0) + regions["layers"].get(layer.name, 0)
    macs = sum(layer.layer.macs for layer in layers)
    cycles = sum(by_kind.values())
    return NetworkRow(
        network=case.network,
        pattern=case.pattern,
        isa=case.isa,
        kernels=case.kernels,
        cycles=cycles,
        macs=macs,
        macs_per_cycle=round(macs / cycles, 2),
        speedup_vs_dense=None,
        weight_bytes=sum(
            layer.constant_bytes - layer.requant_bytes for layer in layers if layer.layer.weight_bytes
        ),
        dense_weight_bytes=sum(layer.layer.weight_bytes for layer in layers),
        l3_read_bytes=sum(chunk.place.bytes for chunk in planned.chunks),
        predicted_cycles=planned.predicted_cycles,
        bit_exact=regions["bit_exact"],
        top1=_top1(case),
        cycles_by_kind=by_kind,
    )


def _simulated(network: Graph, image: toolchain.Image) -> dict[str, Any]:
    """Cycles by layer, and whether the outputs equal the reference; what was simulated before is only compared."""
    feeds = network.border.encode(graph.random_inputs(network, 1))
    expected = digest(graph.reference.run(network, feeds))
    code = results.contents([Path(__file__)])
    key = results.key(
        "network cycles",
        simulator_identity(image.target, image.isa),
        code,
        image.elf,
        str(image.isa),
        image.target.name,
        digest(feeds),
    )
    known = results.load(key)
    if known is not None:
        found = dict(json.loads(known))
        return found | {"bit_exact": found["outputs"] == expected}
    result = run(image, feeds)
    found = {
        "layers": {name: result.cycles(number) for number, name in image.regions.items()},
        "outputs": digest(result.outputs),
    }
    results.store(key, json.dumps(found).encode())
    return found | {"bit_exact": found["outputs"] == expected}


@lru_cache(maxsize=2)
def _network(name: str, pattern: str) -> Graph:
    wanted = None if pattern == DENSE else NMPattern.parse(pattern)
    file = sources()[name]
    if file is None:
        return BUILT[name](wanted)
    if wanted is None:
        return operators.load(file)
    trained = _trained(file, pattern)
    if trained is not None:
        return operators.load(trained)
    dense = operators.load(file)
    picked = [choice.layer.name for choice in choose(dense, wanted) if choice.reason is None]
    return prune(dense, dict.fromkeys(picked, wanted))


def _trained(file: Path, pattern: str) -> Path | None:
    """The file of the same network trained at `pattern`, beside the dense one."""
    candidate = file.with_name(file.name.replace("_dense", "_" + pattern.replace(":", "x")))
    return candidate if candidate != file and candidate.is_file() else None


def _top1(case: NetworkCase) -> float | None:
    file = sources()[case.network]
    if file is None:
        return None
    trained = file if case.pattern == DENSE else _trained(file, case.pattern)
    return examples.top1(trained) if trained else None
