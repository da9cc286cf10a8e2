"""Sum and difference of two tensors."""

import pytest

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops

Shape = tuple[int, ...]


def add_layer(
    a_shape: Shape,
    b_shape: Shape,
    *,
    scales: tuple[float, float, float] = (0.05, 0.07, 0.09),
    zeros: tuple[int, int, int] = (3, -5, 7),
    sign: int = 1,
    lo: int = -128,
    hi: int = 127,
) -> Layer:
    a = TensorInfo("a", a_shape, "int8", scales[0], zeros[0])
    b = TensorInfo("b", b_shape, "int8", scales[1], zeros[1])
    y = TensorInfo("y", (), "int8", scales[2], zeros[2])
    op, constants = ops.Add.build("layer", a, b, y, sign=sign, lo=lo, hi=hi)
    return testing.one_layer(op, constants, [a, b], [y])


SAME: list[Shape] = [(1, 8, 8, 16), (1, 1, 1, 1), (1, 7, 5, 3), (13, 37), (1, 33, 31, 17)]
BROADCAST: list[tuple[Shape, Shape]] = [
    ((1, 6, 5, 7), (1, 1, 1, 7)),
    ((1, 6, 5, 7), (1,)),
    ((1, 1, 1, 1), (1, 6, 5, 200)),
    ((1, 6, 5, 7), (1, 6, 5, 1)),
    ((1, 6, 1, 7), (1, 1, 5, 7)),
    ((1, 6, 5, 130), (1, 6, 1, 1)),
    ((40, 1), (1, 301)),
    ((3, 1, 5, 1), (1, 4, 1, 6)),
]


@pytest.mark.parametrize("shape", SAME, ids=str)
def test_equals_reference_on_equal_shapes(shape: Shape) -> None:
    testing.check_host(add_layer(shape, shape))


@pytest.mark.parametrize(("a", "b"), BROADCAST, ids=str)
def test_equals_reference_with_broadcasting(a: Shape, b: Shape) -> None:
    testing.check_host(add_layer(a, b))


@pytest.mark.parametrize("zeros", [(-128, 127, -128), (127, -128, 127), (0, 0, 0)])
@pytest.mark.parametrize("sign", [1, -1])
def test_saturates(zeros: tuple[int, int, int], sign: int) -> None:
    testing.check_host(
        add_layer((1, 9, 9, 9), (1, 9, 9, 9), scales=(0.9, 0.5, 0.1), zeros=zeros, sign=sign, lo=-100)
    )


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize(("a", "b"), [((1, 9, 7, 33), (1, 9, 7, 33)), *BROADCAST[:4]], ids=str)
def test_runs_on_eight_cores(a: Shape, b: Shape, isa: str) -> None:
    testing.check_simulated(add_layer(a, b, lo=-60, hi=90), isa, most=2)
