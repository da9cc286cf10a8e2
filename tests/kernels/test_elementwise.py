"""Products, quotients, squared differences, maxima and minima of two tensors."""

import numpy as np
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


def pair_layer(
    kind: type[ops.Div] | type[ops.SquaredDifference],
    a_shape: Shape,
    b_shape: Shape,
    *,
    scale: float = 0.03,
    zeros: tuple[int, int, int] = (3, -5, 7),
) -> Layer:
    a = TensorInfo("a", a_shape, "int8", 0.05, zeros[0])
    b = TensorInfo("b", b_shape, "int8", 0.07, zeros[1])
    y = TensorInfo("y", (), "int8", scale, zeros[2])
    op, constants = kind.build("layer", a, b, y)
    return testing.one_layer(op, constants, [a, b], [y])


def layers(a: Shape, b: Shape) -> list[Layer]:
    pairs = [pair_layer(ops.Div, a, b), pair_layer(ops.SquaredDifference, a, b)]
    return [mul_layer(a, b), extremum_layer(a, b, True), extremum_layer(a, b, False), *pairs]


@pytest.mark.parametrize(("a", "b"), SHAPES, ids=str)
def test_equals_reference(a: Shape, b: Shape) -> None:
    for found in layers(a, b):
        testing.check_host(found, most=1)


@pytest.mark.parametrize("zeros", [(-128, 127, -128), (127, -128, 127)])
@pytest.mark.parametrize("scale", [0.0001, 0.02, 40.0])
def test_product_saturates(scale: float, zeros: tuple[int, int, int]) -> None:
    found = mul_layer((5, 13), (5, 13), scale=scale, zeros=zeros)
    testing.check_host(found, most=1)
    testing.check_simulated(found, "xcv", most=1)


@pytest.mark.parametrize("kind", [ops.Div, ops.SquaredDifference])
@pytest.mark.parametrize("zeros", [(-128, 127, -128), (127, 0, 127)])
@pytest.mark.parametrize("scale", [0.0005, 0.03, 2.0])
def test_quotients_and_squares_are_those_of_real_numbers(
    kind: type[ops.Div] | type[ops.SquaredDifference], zeros: tuple[int, int, int], scale: float
) -> None:
    """All 65,536 pairs within half a step and what is lost of it, saturated; 0 / 0 is 0."""
    layer = pair_layer(kind, (256, 1), (1, 256), scale=scale, zeros=zeros)
    codes = np.arange(-128, 128).astype(np.int8)
    (found,) = layer.op.reference([codes.reshape(-1, 1), codes.reshape(1, -1)], layer.constants)
    a, b = 0.05 * (codes.reshape(-1, 1) - float(zeros[0])), 0.07 * (codes.reshape(1, -1) - float(zeros[1]))
    with np.errstate(all="ignore"):
        real = np.nan_to_num(a / b if kind is ops.Div else (a - b) ** 2)
        right = np.clip(real / scale + zeros[2], -128, 127)
    assert np.abs(found - right).max() <= 0.53


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize(("a", "b"), SHAPES, ids=str)
def test_runs_on_eight_cores(a: Shape, b: Shape, isa: str) -> None:
    for found in layers(a, b):
        testing.check_simulated(found, isa, most=1)
