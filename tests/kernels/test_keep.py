"""Windows that a streaming layer keeps, shifted in their own memory: in both directions, in one piece and in more."""

import numpy as np
import pytest

from isas import BUILT_IN, named
from nmcu import host, plan, targets, toolchain
from nmcu.codegen import emit
from nmcu.graph import Builder, Graph, TensorInfo, ops, reference
from nmcu.graph.op import Array
from nmcu.host import HostProgram
from nmcu.plan import Plan
from nmcu.sim.run import run as simulate
from small import with_compute

QUANT = ("int8", 0.05, 3)


def streaming(rows: int, frame: int, channels: int, newest_first: bool = False) -> Graph:
    """Maximum of a frame and zero, joined to `rows` rows before it, and the same of all."""
    b = Builder("streaming")
    shape = (1, frame, 1, channels)
    x = b.input(TensorInfo("frame", shape, "int8"), TensorInfo("x", shape, *QUANT), (0, 1, 2, 3))
    table = np.clip(np.arange(-128, 128), 3, 127).astype(np.int8)
    (new,) = b.add("relu", ops.Table(function="relu"), [x], [TensorInfo("new", (), *QUANT)], {"table": table})
    old = b.state(TensorInfo("window", (), *QUANT), np.full((1, rows, 1, channels), 3))
    parts = [new, old] if newest_first else [old, new]
    (joined,) = b.add("join", ops.Concat(axis=1), parts, [TensorInfo("joined", (), *QUANT)])
    starts = (0, 0 if newest_first else frame, 0, 0)
    kept = ops.Slice(starts=starts, steps=(1, 1, 1, 1), shape=(1, rows, 1, channels))
    b.keep(old, b.add("kept", kept, [joined], [TensorInfo("kept", (), *QUANT)])[0])
    (y,) = b.add(
        "again", ops.Table(function="relu"), [joined], [TensorInfo("y", (), *QUANT)], {"table": table}
    )
    b.output(y, TensorInfo("result", y.shape, "int8"), (0, 1, 2, 3), y.shape)
    return b.finish()


def planned(network: Graph, isa: str = "xcv") -> Plan:
    return plan.make(network, targets.get("cluster8"), named(isa), BUILT_IN)


def frames(network: Graph, steps: int) -> list[dict[str, Array]]:
    rng = np.random.default_rng(3)
    return [
        {i.name: rng.integers(-128, 128, i.shape).astype(np.int8) for i in network.inputs}
        for _ in range(steps)
    ]


@pytest.mark.parametrize(
    ("rows", "frame", "channels"), [(2, 1, 12), (3, 5, 4), (1, 1, 20), (700, 3, 16), (511, 1, 36)]
)
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_window_is_shifted_where_it_lies(rows: int, frame: int, channels: int, newest_first: bool) -> None:
    """Nothing but the shift moves: the frame is computed where the window wants it, and the rows that stay are part of
    what was joined. The shift takes about as long as predicted."""
    network = streaming(rows, frame, channels, newest_first)
    made = planned(network)
    assert [layer.name for layer in made.layers if layer.kernel] == ["relu", "again", "keep window"]
    feeds = frames(network, 4)
    expected = [found["y"] for found in reference.sequence(network, feeds)]
    found = simulate(toolchain.build(emit(made), made.target, made.isa), feeds[0], later=feeds[1:])
    np.testing.assert_array_equal([step["y"] for step in found.steps], expected)
    program = host.program_of(made)
    with HostProgram(program, host.build(program)) as loaded:
        np.testing.assert_array_equal([loaded.run(each)["y"] for each in feeds], expected)
    (number,) = (n for n, layer in enumerate(made.layers, 1) if layer.name == "keep window")
    assert 0.8 < made.layers[number - 1].cycles / found.cycles(number) < 1.25


def test_a_window_is_shifted_through_as_many_bytes_as_there_are() -> None:
    """500 rows of 16 bytes, and stacks that leave 4 KiB."""
    network = streaming(500, 3, 16)
    made = plan.make(network, with_compute("cluster8", 20), named("xcv"), BUILT_IN)
    assert made.l1_peak_bytes <= made.target.compute_bytes == 4096
    feeds = frames(network, 3)
    program = host.program_of(made)
    with HostProgram(program, host.build(program)) as loaded:
        found = [loaded.run(each)["y"] for each in feeds]
    np.testing.assert_array_equal(found, [each["y"] for each in reference.sequence(network, feeds)])


def test_a_part_that_is_not_aligned_is_copied() -> None:
    """Rows of 5 bytes: kernels that read in place want words."""
    made = planned(streaming(3, 1, 5))
    assert "join" in [layer.name for layer in made.layers if layer.kernel]
