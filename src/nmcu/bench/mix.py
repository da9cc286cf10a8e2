"""Counting what the kernels' time consists of (`nmcu.kernels.mix`), on a chip whose cores are a CV32E40P's in time and
which reads constants from a slow flash, in place."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu import codegen, graph, kernels, plan, toolchain
from nmcu.bench.fit import solve
from nmcu.bench.measure import layer_of
from nmcu.bench.shapes import FIT_SHAPES
from nmcu.bench.vit import VitShape, vit
from nmcu.errors import NmcuError
from nmcu.files import write_atomically
from nmcu.graph import Graph, Layer
from nmcu.isa import BASE
from nmcu.kernels import Candidate, Kernel, Machine
from nmcu.kernels.common import window
from nmcu.kernels.mix import CONSTANT, EVENTS, WHOLE, Mixes, counted
from nmcu.plan import Plan, PlannedLayer
from nmcu.registry import Registry
from nmcu.result import Result
from nmcu.sim import RegionStats
from nmcu.sim.run import run

TARGET = "esp32c3"
PATTERNS = ("dense", "1:4", "1:16", "1:8x4")
MOST_MACS = 20_000_000
"""Of a layer that is measured: larger ones say nothing new."""
SMALL_VIT = VitShape(image=16, patch=4, width=64, blocks=1, heads=2, hidden=128)
PULL = 0.02
"""How much a unit's mix is drawn to its kernel's, which says what measurements do not tell apart."""
LEAST = 0.0005
"""A smaller share of the cycles is none."""
LOADS, STORES = ("lb", "lbu", "lh", "lhu", "lw"), ("sb", "sh", "sw")
Counts = NDArray[np.float64]
"""Events of `EVENTS`, in this order."""


@dataclass(frozen=True)
class Counted:
    """A layer as one kernel ran it: cycles beside those of slow memory, events, and the cycles that are predicted for
    each unit of its work, where these are fitted."""

    kernel: str
    cycles: int
    events: Counts
    units: Mapping[str, float]


@dataclass(frozen=True, repr=False)
class FoundMixes(Result):
    """What was counted, and of how many layers."""

    mixes: Mixes
    layers: int

    def __str__(self) -> str:
        return f"mixes of {len(self.mixes.counted[BASE])} kernels, counted in {self.layers} layers"

    def to_json(self) -> list[dict[str, Any]]:
        """The mixes of kernels as a whole."""
        return self.rows()

    def rows(self) -> list[dict[str, Any]]:
        """The mix of each kernel's work, in events in a thousand cycles."""
        return [
            {"kernel": kernel or "others", **{e: round(1000 * units[WHOLE].get(e, 0)) for e in EVENTS}}
            for kernel, units in self.mixes.counted[BASE].items()
        ]

    def save_mixes(self, path: Path) -> None:
        """Writes the mixes to `path` as JSON."""
        write_atomically(path, (json.dumps(self.mixes.counted, indent=1) + "\n").encode())


def mixes(networks: Sequence[Graph], shapes: Sequence[str] = FIT_SHAPES) -> FoundMixes:
    """The mixes of the kernels that run layers of these `shapes`, of `networks` and of a small Vision Transformer, in
    plain RV32IM; others' stay as they are."""
    registry = Registry.installed()
    machine = Machine(registry.target(TARGET), registry.isa(BASE))
    found = [c for shape in shapes for pattern in PATTERNS for c in _layer(shape, pattern, machine)]
    for network in (*networks, vit(shape=SMALL_VIT)):
        found += _network(network, machine, _in_place(network.layers, machine))
    by_kernel: dict[str, list[Counted]] = {}
    for each in found:
        by_kernel.setdefault(each.kernel, []).append(each)
    known = dict(counted().counted[BASE])
    for kernel, layers in sorted(by_kernel.items()):
        known[kernel] = _units(layers)
    portable = {k.name for k in registry.kernels.values() if k.portable(machine.isa)}
    known[WHOLE] = {WHOLE: _named(_share([c for c in found if c.kernel in portable]))}
    return FoundMixes(Mixes({**counted().counted, BASE: known}), len(found))


def _layer(shape: str, pattern: str, machine: Machine) -> Iterator[Counted]:
    """A layer on each kernel with fitted costs that it runs on."""
    network, layer = layer_of(shape, pattern)
    if layer.macs > MOST_MACS:
        return
    for kernel in Registry.installed().kernels.values():
        if kernel.packed is (pattern == "dense") or kernels.fits(kernel, layer, machine) is not None:
            continue
        best = next((c for c in kernel.predicted(layer, machine) if not c.copied), None)
        if best is not None:
            yield from _network(network, machine, {layer.name: best})


def _in_place(layers: Iterable[Layer], machine: Machine) -> Mapping[str, Candidate]:
    """The fastest candidate for each layer that reads its constants in place."""
    known = Registry.installed().kernels.values()
    found = {layer.name: kernels.candidates(known, layer, machine) for layer in layers}
    return {
        name: next(c for c in every if not c.copied)
        for name, every in found.items()
        if any(not c.copied for c in every)
    }


def _network(network: Graph, machine: Machine, pinned: Mapping[str, Candidate]) -> Iterator[Counted]:
    """Every layer of a network with a kernel; nothing of one that does not fit."""
    try:
        planned = plan.make(network, machine.target, machine.isa, Registry.installed(), pinned=pinned)
        image = toolchain.build(codegen.emit(planned, "mix"), machine.target, machine.isa)
    except NmcuError:
        return
    result = run(image, network.border.encode(graph.random_inputs(network, 1)))
    numbers = {name: number for number, name in image.regions.items()}
    for layer in planned.layers:
        stats = result.region(numbers[layer.name])
        if layer.kernel is None or not stats or any(part.parameters.get("copied") for part in layer.parts):
            continue
        events = sum((_events(core, machine) for core in stats), np.zeros(len(EVENTS)))
        cycles = sum(core.cycles - core.stalls["l2_access"] for core in stats)
        yield Counted(layer.kernel.name, cycles, events, _unit_cycles(layer, layer.kernel, planned, machine))


def _events(core: RegionStats, machine: Machine) -> Counts:
    count = core.histogram.get
    jumps = count("jal", 0) + count("jalr", 0)
    latency = machine.target.memory.constants.latency_cycles
    found = {
        "load": sum(count(name, 0) for name in LOADS),
        "store": sum(count(name, 0) for name in STORES),
        "load_use": core.stalls["load_use"],
        "multiply": count("mul", 0),
        "multiply_high": sum(count(name, 0) for name in ("mulh", "mulhu", "mulhsu")),
        "divide": sum(count(name, 0) for name in ("div", "divu", "rem", "remu")),
        "branch": max(0, core.stalls["branch"] - jumps) / 2,  # two cycles each, a jump one
        "jump": jumps,
        CONSTANT: core.stalls["l2_access"] / (latency - 1),
    }
    return np.array([found[event] for event in EVENTS], np.float64)


def _unit_cycles(planned: PlannedLayer, kernel: Kernel, made: Plan, machine: Machine) -> Mapping[str, float]:
    """Cycles predicted of each unit of the kernel's work on a CV32E40P; none where they are not fitted."""
    if not machine.is_fitted(kernel.name) or not isinstance(kernel, window.WindowKernel):
        return {}
    at = replace(machine, buffer_bytes=made.buffer_bytes, mixes=Mixes({BASE: {}}))
    found = {}
    for unit in at.costs(kernel.name):
        only = replace(at, fitted=at.fitted.only(unit.__eq__))
        found[unit] = float(sum(_work(kernel, part.layer, part.parameters, only) for part in planned.parts))
    return found


def _work(kernel: Kernel, layer: Layer, parameters: Mapping[str, int], machine: Machine) -> int:
    tilings = kernel.candidates(layer, replace(machine, tiling=parameters))
    return next((c.compute_cycles for c in tilings if dict(c.parameters) == dict(parameters)), 0)


def _units(layers: Sequence[Counted]) -> dict[str, dict[str, float]]:
    """The mix of all of a kernel's work and of those units that take some of its time."""
    share = _share(layers)
    found = {WHOLE: _named(share)}
    units = [u for u in layers[0].units if any(layer.units[u] for layer in layers)]
    if not units:
        return found
    cycles = np.array([layer.cycles for layer in layers], np.float64)
    work = np.array([[layer.units[u] for u in units] for layer in layers]) / cycles[:, None]
    rest = np.maximum(0, 1 - work.sum(axis=1))  # beside the units: about what all of it is
    pull = PULL * np.eye(len(units))
    shares = []
    for event, mean in enumerate(share):
        per_cycle = np.array([layer.events[event] for layer in layers]) / cycles
        target = np.concatenate([per_cycle - rest * mean, PULL * np.full(len(units), mean)])
        shares.append(solve(np.concatenate([work, pull]), target))
    return found | {unit: _named(np.array(shares)[:, i]) for i, unit in enumerate(units)}


def _share(layers: Sequence[Counted]) -> Counts:
    """Events in a cycle, the mean of the layers."""
    if not layers:
        return np.zeros(len(EVENTS))
    return np.asarray(np.mean([layer.events / layer.cycles for layer in layers], axis=0))


def _named(share: Counts) -> dict[str, float]:
    return {event: round(float(s), 4) for event, s in zip(EVENTS, share, strict=True) if s >= LEAST}
