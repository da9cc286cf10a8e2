"""A run on the simulated machine, compared with the reference."""

from __future__ import annotations  # signatures in help() as they are written here

import numpy as np

from nmcu import graph
from nmcu.api.compiled import CompiledModel
from nmcu.api.compiling import compile
from nmcu.api.inputs import Inputs, arrays
from nmcu.api.model import ISA, TARGET, Model, Stage, refuse_machine
from nmcu.errors import NmcuError
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.report import RunReport, assemble
from nmcu.rtl import simulate as simulate_rtl
from nmcu.sim.run import register_core
from nmcu.sim.run import run as simulate
from nmcu.targets import Target

register_core("rtl", simulate_rtl)

RECORDED_EVENTS = 200_000
"""Transfers and waits that a trace shows at most: a viewer opens that many at once."""


def run(
    model: Model,
    inputs: Inputs | None = None,
    *,
    target: str | Target | None = None,
    isa: str | InstructionSet | None = None,
    core: str = "iss",
    seed: int = 0,
    registry: Registry | None = None,
    record: bool = True,
    on_stage: Stage | None = None,
) -> RunReport:
    """Runs a model on the simulated target and compares its outputs with the reference, bit for bit.

    model: what `compile` gives; or a model file or graph, which is compiled first, for `target` (default `cluster8`)
        and `isa` (default `xcv`).
    inputs: an array for a model of one input, or arrays by the inputs' names, in the model's own dtype and layout:
        NumPy arrays, tensors on the CPU, nested lists. Without it random ones, from `seed`.
    core: the kind of core: `iss` (fast), or `rtl`, the real core's RTL (needs the extra `nmcu[rtl]`).
    record: whether transfers and waits are kept, for the trace and the timeline of the report; little slower.
    on_stage: told what is being done.

    A wrong output is reported, not raised: look at `RunReport.bit_exact`. Raises `ModelError` for inputs that do not
    fit, with the dtype and shape that are needed, and `SimulationFault` where the program does what the machine does
    not allow; for a model that is not compiled, what `compile` raises.
    """
    say = on_stage or (lambda stage: None)
    if isinstance(model, CompiledModel):
        compiled = model
        refuse_machine(model, target, isa)
    else:
        compiled = compile(model, target or TARGET, isa=isa or ISA, registry=registry, on_stage=on_stage)
    if seed < 0:
        raise NmcuError(f"seed is {seed}; it must not be negative")
    edge = compiled.graph.border
    feeds = graph.random_inputs(compiled.graph, seed) if inputs is None else arrays(edge.model_inputs, inputs)
    device_inputs = edge.encode(feeds)
    say("simulating")
    expected_cycles = compiled.plan.predicted_cycles / 1e6
    result = simulate(
        compiled.image,
        device_inputs,
        core=core,
        recorded_events=RECORDED_EVENTS if record else 0,
        progress=lambda cycle: say(f"simulating ({cycle / 1e6:.1f} of about {expected_cycles:.1f} M cycles)"),
    )
    say("checking")
    expected = graph.reference.run(compiled.graph, device_inputs)
    return assemble(
        compiled.model,
        compiled.plan,
        compiled.image,
        result,
        core=core,
        inputs=feeds,
        outputs=edge.decode(result.outputs),
        mismatches=sum(int(np.count_nonzero(result.outputs[n] != a)) for n, a in expected.items()),
    )
