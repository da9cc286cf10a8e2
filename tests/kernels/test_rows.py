"""Log-softmax and argmax."""

import pytest

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops

SHAPES = [(1, 10), (1, 1), (64, 17), (3, 1000), (1, 4, 5, 6)]


def log_softmax_layer(
    shape: tuple[int, ...], scale: float = 0.1, output: tuple[float, int] = (0.1, 127)
) -> Layer:
    x = TensorInfo("x", shape, "int8", scale, 3)
    op, constants = ops.LogSoftmax.build("layer", x, TensorInfo("y", (), "int8", *output))
    return testing.one_layer(op, constants, [x], [TensorInfo("y", (), "int8", *output)])


def arg_max_layer(shape: tuple[int, ...]) -> Layer:
    return testing.one_layer(
        ops.ArgMax(), {}, [TensorInfo("x", shape, "int8", 0.1, 3)], [TensorInfo("y", (), "int32")]
    )


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_equals_reference(shape: tuple[int, ...]) -> None:
    testing.check_host(log_softmax_layer(shape))
    testing.check_host(arg_max_layer(shape))


@pytest.mark.parametrize("scale", [0.0001, 3.0])
@pytest.mark.parametrize("output", [(0.01, 127), (5.0, -128)])
def test_log_softmax_saturates(scale: float, output: tuple[float, int]) -> None:
    testing.check_host(log_softmax_layer((5, 3), scale, output))


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_runs_on_eight_cores(shape: tuple[int, ...], isa: str) -> None:
    testing.check_simulated(log_softmax_layer(shape), isa, most=2)
    testing.check_simulated(arg_max_layer(shape), isa, most=2)
