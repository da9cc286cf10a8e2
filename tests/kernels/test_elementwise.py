"""Products, maxima and minima of two tensors."""

import pytest

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops

Shape = tuple[int, ...]
SHAPES: list[tuple[Shape, Shape]] = [
    ((1, 9, 7, 33), (1, 9, 7, 33)),
    ((1, 1), (1, 1)),
    ((1, 6, 5, 7), (1, 1, 1, 7)),
    ((1, 6, 5, 1), (1, 6, 5, 7)),
]


def mul_layer(
    a_shape: Shape, b_shape: Shape, *, scale: float = 0.05, zeros: tuple[int, int, int] = (3, -5, 7)
) -> Layer:
    a = TensorInfo("a", a_shape, "int8", 0.05, zeros[0])
    b = TensorInfo("b", b_shape, "int8", 0.07, zeros[1])
    y = TensorInfo("y", (), "int8", scale, zeros[2])
    op, constants = ops.Mul.build("layer", a, b, y)
    return testing.one_layer(op, constants, [a, b], [y])


def extremum_layer(a_shape: Shape, b_shape: Shape, maximum: bool) -> Layer:
    a, b = TensorInfo("a", a_shape, "int8", 0.05, 3), TensorInfo("b", b_shape, "int8", 0.05, 3)
    return testing.one_layer(
        ops.Extremum(maximum=maximum), {}, [a, b], [TensorInfo("y", (), "int8", 0.05, 3)]
    )


def layers(a: Shape, b: Shape) -> list[Layer]:
    return [mul_layer(a, b), extremum_layer(a, b, True), extremum_layer(a, b, False)]


@pytest.mark.parametrize(("a", "b"), SHAPES, ids=str)
def test_equals_reference(a: Shape, b: Shape) -> None:
    for found in layers(a, b):
        testing.check_host(found, most=1)


@pytest.mark.parametrize("zeros", [(-128, 127, -128), (127, -128, 127)])
@pytest.mark.parametrize("scale", [0.0001, 0.02, 40.0])
def test_product_saturates(scale: float, zeros: tuple[int, int, int]) -> None:
    testing.check_host(mul_layer((5, 13), (5, 13), scale=scale, zeros=zeros), most=1)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize(("a", "b"), SHAPES, ids=str)
def test_runs_on_eight_cores(a: Shape, b: Shape, isa: str) -> None:
    for found in layers(a, b):
        testing.check_simulated(found, isa, most=1)
