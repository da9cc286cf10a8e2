"""Average and maximum pooling."""

import pytest

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops

Ints = tuple[int, ...]


def pool_layer(
    kind: str,
    shape: Ints,
    kernel: Ints,
    strides: Ints,
    pads: Ints = (0, 0, 0, 0),
    zeros: tuple[int, int] = (-7, 5),
) -> Layer:
    x = TensorInfo("x", (1, *shape), "int8", 0.05, zeros[0])
    y = TensorInfo("y", (), "int8", 0.04, zeros[1])
    if kind == "maxpool":
        return testing.one_layer(ops.MaxPool(kernel=kernel, strides=strides, pads=pads), {}, [x], [y])
    op, constants = ops.AveragePool.build("layer", x, y, kernel=kernel, strides=strides, pads=pads)
    return testing.one_layer(op, constants, [x], [y])


SHAPES: list[tuple[Ints, Ints, Ints, Ints]] = [
    ((8, 8, 64), (8, 8), (1, 1), (0, 0, 0, 0)),
    ((16, 16, 20), (2, 2), (2, 2), (0, 0, 0, 0)),
    ((13, 11, 7), (3, 3), (2, 2), (1, 1, 1, 1)),
    ((1, 1, 1), (1, 1), (1, 1), (0, 0, 0, 0)),
    ((5, 3, 1), (7, 5), (1, 1), (3, 2, 3, 2)),
    ((25, 5, 33), (3, 1), (1, 3), (1, 0, 0, 0)),
    ((7, 9, 130), (2, 3), (3, 2), (0, 1, 1, 0)),
]


@pytest.mark.parametrize("kind", ["maxpool", "avgpool"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_equals_reference(kind: str, shape: tuple[Ints, Ints, Ints, Ints]) -> None:
    testing.check_host(pool_layer(kind, *shape))


@pytest.mark.parametrize("zeros", [(-128, 127), (127, -128)])
def test_average_with_zero_points_at_both_ends(zeros: tuple[int, int]) -> None:
    testing.check_host(pool_layer("avgpool", (6, 7, 9), (3, 3), (1, 1), (1, 1, 1, 1), zeros))


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("kind", ["maxpool", "avgpool"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_runs_on_eight_cores(kind: str, shape: tuple[Ints, Ints, Ints, Ints], isa: str) -> None:
    testing.check_simulated(pool_layer(kind, *shape), isa, most=2)
