"""Parts of a tensor lie in its memory where they are in one piece and in its order, and are moved otherwise."""

import numpy as np
import pytest

from isas import BUILT_IN, named
from nmcu import graph, plan, targets, toolchain
from nmcu.codegen import emit
from nmcu.graph import Builder, TensorInfo, ops
from nmcu.sim.run import run as simulate

QUANT = ("int8", 0.05, 3)


@pytest.mark.parametrize(
    ("starts", "steps", "shape", "moves"),
    [
        ((0, 1, 0), (1, 1, 1), (1, 4, 4), False),
        ((0, 0, 3), (1, 1, -1), (1, 6, 4), True),  # all elements, one axis backwards
        ((0, 5, 0), (1, -1, 1), (1, 6, 4), True),
        ((0, 2, 3), (1, 1, -1), (1, 3, 4), True),  # some rows, each backwards
        ((0, 2, 1), (1, 1, 0), (1, 4, 4), True),  # one element again and again
    ],
)
def test_a_part_is_moved_where_its_order_is_another(
    starts: tuple[int, ...], steps: tuple[int, ...], shape: tuple[int, ...], moves: bool
) -> None:
    """Results that other layers read, and results that are outputs."""
    b = Builder("parts")
    x = b.input(TensorInfo("in", (1, 6, 4), "int8"), TensorInfo("x", (1, 6, 4), *QUANT), (0, 1, 2))
    table = {"table": np.arange(127, -129, -1).astype(np.int8)}
    negative = ops.Table(function="negative")
    (made,) = b.add("negative", negative, [x], [TensorInfo("negative", (), *QUANT)], table)
    op = ops.Slice(starts=starts, steps=steps, shape=shape)
    (inner,) = b.add("part", op, [made], [TensorInfo("part", (), *QUANT)])
    (y,) = b.add("again", negative, [inner], [TensorInfo("again", (), *QUANT)], table)
    (flat,) = b.add("flat", ops.Reshape(shape=shape[1:]), [inner], [TensorInfo("flat", (), *QUANT)])
    b.output(y, TensorInfo("y", y.shape, "int8"), (0, 1, 2), y.shape)
    b.output(flat, TensorInfo("z", flat.shape, "int8"), (0, 1), flat.shape)
    network = b.finish()
    made_plan = plan.make(network, targets.get("cluster8"), named("xcv"), BUILT_IN)
    assert any(layer.name == "part" and layer.kernel for layer in made_plan.layers) == moves
    feeds = network.border.encode(graph.random_inputs(network, 0))
    program = emit(made_plan)
    result = simulate(toolchain.build(program, targets.get("cluster8"), named("xcv")), feeds)
    for name, expected in graph.reference.run(network, feeds).items():
        np.testing.assert_array_equal(result.outputs[name], expected)
