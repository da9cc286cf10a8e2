"""A network through the whole line: planned, compiled, simulated, compared with the reference bit for bit."""

from collections.abc import Mapping, Sequence

import numpy as np

from nmcu import codegen, plan, toolchain
from nmcu.bench.differential.outcome import Outcome, crash, sentence
from nmcu.errors import PlanError
from nmcu.graph import Graph, reference
from nmcu.graph.op import Array
from nmcu.registry import Registry
from nmcu.sim.run import run

TARGET, ISA = "cluster8", "xcv"


def simulated(graph: Graph, feeds: Sequence[Mapping[str, Array]]) -> Outcome:
    """`agrees` where the program's outputs are the reference's in runs one after the other; a plan that does not fit
    the target is refused."""
    registry = Registry.installed()
    target, isa = registry.target(TARGET), registry.isa(ISA)
    inputs = [graph.border.encode(feed) for feed in feeds]
    try:
        program = codegen.emit(plan.make(graph, target, isa, registry))
        result = run(toolchain.build(program, target, isa), inputs[0], later=inputs[1:])
    except PlanError as error:
        return Outcome("refused", key=sentence(str(error)), text=str(error))
    except Exception as error:
        return crash(error)
    for found, right in zip(result.steps, reference.sequence(graph, inputs), strict=True):
        for name, expected in right.items():
            if not np.array_equal(found[name], expected):
                wrong = int(np.count_nonzero(found[name] != expected))
                text = f"{wrong} elements of {name!r} on the device are not the reference's"
                return Outcome("outside", key="the device differs from the reference", text=text)
    return Outcome("agrees")
