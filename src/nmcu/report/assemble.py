"""From a plan and a run's statistics to a report."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.kernels import Machine
from nmcu.plan import Plan, PlannedLayer
from nmcu.report.bound import spent
from nmcu.report.memory import blocks
from nmcu.report.run_report import LayerReport, MemoryReport, RunReport, Span
from nmcu.report.tables import pattern
from nmcu.sim import STALL_CAUSES
from nmcu.sim.run import RunResult
from nmcu.targets import Role
from nmcu.toolchain import Image


def assemble(
    model: str,
    plan: Plan,
    image: Image,
    result: RunResult,
    *,
    core: str,
    inputs: Mapping[str, NDArray[Any]],
    outputs: Mapping[str, NDArray[Any]],
    mismatches: int,
) -> RunReport:
    """The report of the network `model`, planned as `plan` and run as `image` on the kind of core `core`."""
    numbers = {name: number for number, name in image.regions.items()}
    machine = plan.machine
    layers = tuple(_layer(layer, machine, result, numbers[layer.name]) for layer in plan.layers)
    return RunReport(
        model=model,
        target=plan.target.name,
        isa=str(plan.isa),
        sim=core,
        cores=plan.target.cores,
        clock_hz=plan.target.clock_hz,
        cycles=sum(layer.cycles for layer in layers),
        instructions=result.stats.instructions,
        sim_seconds=result.stats.seconds,
        mismatches=mismatches,
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
            for first, end in core.visits
        ),
        blocks=blocks(plan, image),
        compute_memory=plan.target.memory.level(Role.COMPUTE).name,
        working_memory=plan.target.memory.level(Role.WORKING).name,
        recording=result.stats.recording,
    )


def _layer(planned: PlannedLayer, machine: Machine, result: RunResult, number: int) -> LayerReport:
    layer = planned.layer
    cores, cycles = result.region(number), result.cycles(number)
    waits = max((core.stalls["dma_wait"] for core in cores), default=0)
    stalls = {
        cause: sum(core.stalls[cause] for core in cores) // len(cores) for cause in STALL_CAUSES if cores
    }
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
        instructions=sum(core.instructions for core in cores),
        stalls=stalls,
        spent=spent(planned, machine, cycles, stalls, waits),
    )


def _nonzero_macs(macs: int, weight: NDArray[Any] | None) -> int:
    """The MACs of a layer whose weight is not zero; every weight takes part in equally many."""
    if weight is None or weight.size == 0:
        return macs
    return macs * int(np.count_nonzero(weight)) // weight.size
