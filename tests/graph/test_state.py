"""State: tensors whose values last from one run of a graph to the next, in the reference, on this machine and on the
simulator."""

import numpy as np
import pytest

from isas import BUILT_IN, XCV
from nmcu import host, plan, targets, toolchain
from nmcu.codegen import emit
from nmcu.errors import ModelError
from nmcu.graph import Builder, Graph, TensorInfo, check, ops, reference
from nmcu.graph.op import Array
from nmcu.host import HostProgram
from nmcu.sim.run import run as simulate

QUANT = ("int8", 0.05, 3)
FRAMES: list[dict[str, Array]] = [{"x": np.full((1, 4), step, np.int8)} for step in range(3)]


def begun(rows: int = 1) -> tuple[Builder, TensorInfo]:
    """A network with the input `x`, (rows, 4)."""
    builder = Builder("streaming")
    shape = (rows, 4)
    return builder, builder.input(TensorInfo("frame", shape, "int8"), TensorInfo("x", shape, *QUANT), (0, 1))


def finished(builder: Builder, *outputs: TensorInfo) -> Graph:
    for number, y in enumerate(outputs):
        builder.output(y, TensorInfo(f"y{number}", y.shape, "int8"), range(len(y.shape)), y.shape)
    made = builder.finish()
    check(made)
    return made


def concat(builder: Builder, name: str, *parts: TensorInfo) -> TensorInfo:
    return builder.add(name, ops.Concat(axis=0), parts, [TensorInfo(name, (), *QUANT)])[0]


def last(builder: Builder, name: str, x: TensorInfo, rows: int) -> TensorInfo:
    """The last rows of `x`."""
    op = ops.Slice(starts=(x.shape[0] - rows, 0), steps=(1, 1), shape=(rows, 4))
    return builder.add(name, op, [x], [TensorInfo(name, (), *QUANT)])[0]


def frames(network: Graph, steps: int) -> list[dict[str, Array]]:
    rng = np.random.default_rng(1)
    return [
        {i.name: rng.integers(-128, 128, i.shape).astype(np.int8) for i in network.inputs}
        for _ in range(steps)
    ]


def outputs_everywhere(network: Graph, feeds: list[dict[str, Array]]) -> list[dict[str, Array]]:
    """The reference's outputs, which are also the simulator's and this machine's."""
    planned = plan.make(network, targets.get("cluster8"), XCV, BUILT_IN)
    image = toolchain.build(emit(planned), planned.target, planned.isa)
    simulated = simulate(image, feeds[0], later=feeds[1:]).steps
    expected = list(reference.sequence(network, feeds))
    program = host.program_of(planned)
    with HostProgram(program, host.build(program)) as loaded:
        for again in range(2):
            loaded.reset()
            here = [loaded.run(each) for each in feeds]
            for found in (here, simulated):
                for step, (got, want) in enumerate(zip(found, expected, strict=True)):
                    for name, array in want.items():
                        np.testing.assert_array_equal(
                            got[name], array, err_msg=f"{name} in step {step}, {again}"
                        )
    return expected


def test_a_window_moves_on_from_run_to_run() -> None:
    """The usual streaming layer: the last two frames before the present one are kept."""
    builder, x = begun()
    window = builder.state(TensorInfo("window", (), *QUANT), np.full((2, 4), 3))
    joined = concat(builder, "joined", window, x)
    builder.keep(window, last(builder, "kept", joined, 2))
    network = finished(builder, joined)
    feeds = frames(network, 4)
    found = outputs_everywhere(network, feeds)
    assert (found[0]["joined"][:2] == 3).all()
    np.testing.assert_array_equal(found[3]["joined"], np.concatenate([f["x"] for f in feeds[1:]]))


def test_states_take_each_others_old_values() -> None:
    """A delay line: what is written first in the file must not be seen by what reads it later; one state is read twice,
    is an output itself, and one is never written."""
    builder, x = begun()
    constant = builder.state(TensorInfo("constant", (), *QUANT), np.arange(4).reshape(1, 4))
    first = builder.state(TensorInfo("first", (), *QUANT), np.full((1, 4), 3))
    second = builder.state(TensorInfo("second", (), *QUANT), np.full((1, 4), 3))
    builder.keep(first, x)
    builder.keep(second, first)
    network = finished(builder, concat(builder, "joined", constant, second, first, first), second)
    feeds = frames(network, 4)
    found = outputs_everywhere(network, feeds)[3]
    expected = np.concatenate([np.arange(4).reshape(1, 4), feeds[1]["x"], feeds[2]["x"], feeds[2]["x"]])
    np.testing.assert_array_equal(found["joined"], expected)


def test_states_swap_their_values() -> None:
    """Two states that take each other's old value."""
    builder, x = begun()
    first = builder.state(TensorInfo("first", (), *QUANT), np.arange(4).reshape(1, 4))
    second = builder.state(TensorInfo("second", (), *QUANT), np.arange(4, 8).reshape(1, 4))
    builder.keep(first, second)
    builder.keep(second, first)
    found = outputs_everywhere(finished(builder, concat(builder, "joined", first, second, x)), FRAMES)
    assert [step["joined"][:2, 0].tolist() for step in found] == [[0, 4], [4, 0], [0, 4]]


def test_a_state_that_nobody_reads_is_left_out() -> None:
    builder, x = begun()
    unread = builder.state(TensorInfo("unread", (), *QUANT), np.full((1, 4), 3))
    builder.keep(unread, concat(builder, "dead", x))
    network = finished(builder, concat(builder, "alive", x, x))
    assert not network.states and [layer.name for layer in network.layers] == ["alive"]


def test_a_state_and_its_next_value_must_be_alike() -> None:
    builder, x = begun(2)
    state = builder.state(TensorInfo("state", (), *QUANT), np.full((1, 4), 3))
    with pytest.raises(ModelError, match=r"state 'state' has shape \(1, 4\), 'x', its next value, \(2, 4\)"):
        builder.keep(state, x)
