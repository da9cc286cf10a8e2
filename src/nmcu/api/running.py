"""A run on the simulated machine, compared with the reference."""

from __future__ import annotations  # signatures in help() as they are written here

from nmcu import graph
from nmcu.api.compiled import CompiledModel
from nmcu.api.compiling import compile
from nmcu.api.inputs import Inputs, Steps, arrays, sequence
from nmcu.api.model import TARGET, Model, Stage, refuse_machine
from nmcu.errors import NmcuError
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.report import RunReport, assemble
from nmcu.rtl import simulate as simulate_rtl
from nmcu.sim.run import register_core
from nmcu.sim.run import run as simulate
from nmcu.targets import Target

register_core("rtl", simulate_rtl)

MOST_BYTES = 2**28
"""Of the random inputs of all steps together."""
STEP_BYTES = 1024
"""About what the arrays of a step take beside their elements."""

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
    steps: int | None = None,
    fallback: str | None = None,
    registry: Registry | None = None,
    record: bool = True,
    on_stage: Stage | None = None,
) -> RunReport:
    """Runs a model on the simulated target and compares its outputs with the reference, bit for bit.

    model: what `compile` gives; or a model file or graph, which is compiled first, for `target` (default `cluster8`)
        and `isa` (default: what the target names).
    inputs: an array for a model of one input, or arrays by the inputs' names, in the model's own dtype and layout:
        NumPy arrays, tensors on the CPU, nested lists. With a leading axis of steps the network runs that often, one
        run after the other, its states lasting from each to the next. Without it random ones, from `seed`, for one run
        or a sequence of `steps`.
    core: the kind of core: `iss` (fast), or `rtl`, the real core's RTL (needs the extra `nmcu[rtl]`).
    fallback: what runs nodes of a model file that nmcu does not, as `load` takes it.
    record: whether transfers and waits are kept, for the trace and the timeline of the report; little slower.
    on_stage: told what is being done.

    A wrong output is reported, not raised: look at `RunReport.bit_exact`. Raises `ModelError` for inputs that do not
    fit, with the dtype and shape that are needed, and `SimulationFault` where the program does what the machine does
    not allow; for a model that is not compiled, what `compile` raises.
    """
    say = on_stage or (lambda stage: None)
    if isinstance(model, CompiledModel):
        compiled = model
        refuse_machine(model, target, isa, fallback)
    else:
        compiled = compile(
            model, target or TARGET, isa=isa, fallback=fallback, registry=registry, on_stage=on_stage
        )
    edge = compiled.graph.border
    given = _given(compiled.graph, inputs, seed, steps)
    feeds = [edge.encode(each) for each in given.steps]
    say("simulating")
    expected_cycles = len(feeds) * compiled.plan.predicted_cycles / 1e6
    result = simulate(
        compiled.image,
        feeds[0],
        later=feeds[1:],
        core=core,
        recorded_events=RECORDED_EVENTS if record else 0,
        progress=lambda cycle: say(f"simulating ({cycle / 1e6:.1f} of about {expected_cycles:.1f} M cycles)"),
    )
    say("checking")
    expected = graph.reference.sequence(compiled.graph, feeds)
    return assemble(
        compiled.model,
        compiled.plan,
        compiled.image,
        result,
        known=tuple((registry or Registry.installed()).kernels.values()),
        core=core,
        inputs=given.shown(given.steps),
        outputs=given.shown([edge.decode(each) for each in result.steps]),
        mismatches=result.mismatches(expected),
        sequence=not given.alone,
    )


def _given(model: graph.Graph, inputs: Inputs | None, seed: int, steps: int | None) -> Steps:
    if seed < 0:
        raise NmcuError(f"seed is {seed}; it must not be negative")
    if inputs is not None and steps is not None:
        raise NmcuError(
            f"steps is {steps}, but inputs are given: they say by a leading axis how many steps there are"
        )
    if inputs is not None:
        return sequence(model.border.model_inputs, arrays(model.border.model_inputs, inputs))
    if steps is not None and steps < 1:
        raise NmcuError(f"steps is {steps}; at least 1 is needed")
    most = max(1, MOST_BYTES // (STEP_BYTES + sum(info.bytes for info in model.border.model_inputs)))
    if (steps or 1) > most:
        raise NmcuError(f"steps is {steps:,}; at most {most:,} are supported for inputs of this size")
    made = [graph.random_inputs(model, seed + step) for step in range(steps or 1)]
    return Steps(tuple(made), alone=steps is None)
