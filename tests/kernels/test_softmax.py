"""Softmax."""

import pytest

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops

SHAPES = [(1, 10), (1, 1), (64, 17), (3, 1000), (1, 4, 5, 6), (26, 65)]


def softmax_layer(
    shape: tuple[int, ...], scale: float = 0.1, output: tuple[float, int] = (1 / 256, -128)
) -> Layer:
    x = TensorInfo("x", shape, "int8", scale, 3)
    y = TensorInfo("y", (), "int8", *output)
    op, constants = ops.Softmax.build("layer", x, y)
    return testing.one_layer(op, constants, [x], [y])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_equals_reference(shape: tuple[int, ...]) -> None:
    testing.check_host(softmax_layer(shape))


@pytest.mark.parametrize("scale", [0.0001, 3.0])
@pytest.mark.parametrize("output", [(1 / 256, -128), (1 / 2000, 127), (1 / 100, 0)])
def test_saturates(scale: float, output: tuple[float, int]) -> None:
    testing.check_host(softmax_layer((5, 3), scale, output))


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_runs_on_eight_cores(shape: tuple[int, ...], isa: str) -> None:
    testing.check_simulated(softmax_layer(shape), isa, most=2)


@pytest.mark.parametrize("scale", [0.0001, 0.3])
@pytest.mark.parametrize("output", [(1 / 256, -128), (1 / 2000, 127), (1 / 100, 0), (2.0**-15, -128)])
def test_shares_are_exact(scale: float, output: tuple[float, int]) -> None:
    """Where the output's scale is small, sums have less than the 18 bits that an estimate needs."""
    testing.check_simulated(softmax_layer((33, 15), scale, output), "xcv", most=1)
