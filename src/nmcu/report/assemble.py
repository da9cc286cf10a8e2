"""From a plan and a run's statistics to a report."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.kernels import Kernel, Machine
from nmcu.plan import Plan, PlannedLayer
from nmcu.report.advice import advice
from nmcu.report.bound import spent
from nmcu.report.memory import blocks
from nmcu.report.run_report import LayerReport, MemoryReport, PartReport, RunReport, Span
from nmcu.report.tables import pattern
from nmcu.report.work import hot_cycles
from nmcu.sim import STALL_CAUSES
from nmcu.sim.run import RunResult
from nmcu.targets import Role
from nmcu.toolchain import Image

NAMED = 0.03
"""Layers with a smaller share of a network's cycles get no advice."""


def assemble(
    model: str,
    plan: Plan,
    image: Image,
    result: RunResult,
    *,
    known: Sequence[Kernel],
    core: str,
    inputs: Mapping[str, NDArray[Any]],
    outputs: Mapping[str, NDArray[Any]],
    mismatches: int,
    sequence: bool,
) -> RunReport:
    """The report of the network `model`, planned as `plan` with `known` kernels and run as `image` on the kind of core
    `core`; of several runs the mean, and the timeline of the first."""
    steps = len(result.steps)
    numbers = {name: number for number, name in image.regions.items()}
    names = {layer.name: _part_names(layer) for layer in plan.layers}
    machine = plan.machine
    cycles = sum(result.cycles(number) for number in numbers.values())
    layers = tuple(
        _layer(layer, machine, result, numbers[layer.name], known, NAMED * cycles) for layer in plan.layers
    )
    return RunReport(
        model=model,
        target=plan.target.name,
        isa=str(plan.isa),
        sim=core,
        cores=plan.target.cores,
        clock_hz=plan.target.clock_hz,
        cycles=sum(layer.cycles for layer in layers),
        instructions=result.stats.instructions // steps,
        sim_seconds=result.stats.seconds,
        mismatches=mismatches,
        steps=steps,
        sequence=sequence,
        inputs=inputs,
        outputs=outputs,
        layers=layers,
        memory=MemoryReport(
            l1_peak_bytes=plan.l1_peak_bytes,
            l2_peak_bytes=plan.l2_peak_bytes,
            l3_bytes=image.sections.get(".l3", 0) + image.sections.get(".l3.buffers", 0),
            weight_bytes=sum(layer.weight_bytes for layer in layers),
            index_bytes=sum(layer.index_bytes for layer in layers),
            code_bytes=image.code_bytes,
        ),
        assumptions=plan.target.assumptions,
        timeline=tuple(
            Span(name, core.core, first, end)
            for name, number in numbers.items()
            for core in result.region(number)
            for first, end in core.visits[:1]
        ),
        part_timeline=tuple(
            Span(name, core.core, start, end, names[name][part - 1])
            for name, number in numbers.items()
            for core in result.region(number)
            for first, last in core.visits[:1]
            for part, start, end in core.parts
            if first <= start < last
        ),
        blocks=blocks(plan, image),
        compute_memory=plan.target.memory.level(Role.COMPUTE).name,
        working_memory=plan.target.memory.level(Role.WORKING).name,
        recording=result.recording,
    )


def _layer(
    planned: PlannedLayer,
    machine: Machine,
    result: RunResult,
    number: int,
    known: Sequence[Kernel],
    notable_cycles: float,
) -> LayerReport:
    layer = planned.layer
    cores, steps = result.region(number), len(result.steps)
    cycles, parts = result.cycles(number), result.part_cycles(number)
    waits = max((core.stalls["dma_wait"] for core in cores), default=0) // steps
    stalls = {
        cause: sum(core.stalls[cause] for core in cores) // len(cores) // steps
        for cause in STALL_CAUSES
        if cores
    }
    hot = hot_cycles(planned, machine)
    went = spent(planned, machine, cycles, stalls, waits)
    return LayerReport(
        name=layer.name,
        op=layer.kind,
        kernel=planned.kernel_name or "",
        pattern=pattern(layer, planned.kernel),
        macs=layer.macs,
        nonzero_macs=_nonzero_macs(layer.macs, layer.constants.get("weight")),
        cycles=cycles,
        compute_cycles=cycles - waits,
        dma_wait_cycles=waits,
        weight_bytes=planned.constant_bytes - planned.index_bytes - planned.requant_bytes,
        index_bytes=planned.index_bytes,
        l1_bytes=planned.l1_bytes,
        instructions=sum(core.instructions for core in cores) // steps,
        stalls=stalls,
        spent=went,
        hot_cycles=hot,
        advice=advice(planned, machine, known, went, hot) if cycles >= notable_cycles else (),
        stripes=planned.stripes,
        parts=tuple(
            PartReport(name, parts.get(part, 0)) for part, name in enumerate(_part_names(planned), 1)
        ),
    )


def _part_names(planned: PlannedLayer) -> Sequence[str]:
    return planned.kernel.part_names(planned.layer) if planned.kernel else ()


def _nonzero_macs(macs: int, weight: NDArray[Any] | None) -> int:
    """The MACs of a layer whose weight is not zero; every weight takes part in equally many."""
    if weight is None or weight.size == 0:
        return macs
    return macs * int(np.count_nonzero(weight)) // weight.size
