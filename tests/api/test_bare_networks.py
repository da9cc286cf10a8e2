"""Networks with inputs and outputs that no layer touches."""

import numpy as np

import nmcu
from nmcu import host, plan, targets
from nmcu.graph import Builder, Graph, TensorInfo, ops
from nmcu.registry import Registry


def _network() -> Graph:
    """Input `a` is output `same`, and read by a table; nobody reads `b`."""
    b = Builder()
    made = []
    for name in ("a", "b"):
        device = TensorInfo(f"{name}.device", (1, 2, 3, 4), "int8", 0.5, 3)
        made.append(b.input(TensorInfo(name, (1, 4, 2, 3), "float32"), device, (0, 2, 3, 1)))
    y = TensorInfo("clip", (), "int8", 0.5, 3)
    op, constants = ops.Table.build("clip", made[0], y, lambda v: np.clip(v, 0, 6))
    table = b.add("clip", op, [made[0]], [y], constants)[0]
    b.output(table, TensorInfo("clipped", (1, 2, 3, 4), "float32"), (0, 1, 2, 3), (1, 2, 3, 4))
    b.output(made[0], TensorInfo("same", (1, 4, 2, 3), "float32"), (0, 3, 1, 2), (1, 2, 3, 4))
    return b.finish()


def test_an_output_that_is_an_input_and_an_input_that_nothing_reads() -> None:
    report = nmcu.run(_network())
    assert report.bit_exact
    np.testing.assert_array_equal(report.outputs["same"], report.inputs["a"])


def test_the_same_on_this_machine() -> None:
    registry, graph = Registry.installed(), _network()
    planned = plan.make(graph, targets.get("cluster8"), registry.isa("xcv"), registry)
    program = host.program_of(planned)
    feeds = {i.name: np.arange(24, dtype=np.int8).reshape(i.shape) for i in graph.inputs}
    with host.HostProgram(program, host.build(program)) as library:
        outputs = library.run(feeds)
    np.testing.assert_array_equal(outputs["a.device"], feeds["a.device"])
