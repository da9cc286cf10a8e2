"""Depthwise convolution."""

import numpy as np
import pytest

from kernels.affine_layers import uneven
from nmcu import testing
from nmcu.bench.measure import Case, measure, refusal
from nmcu.graph import Layer, TensorInfo, ops
from nmcu.kernels.common import requantize

Ints = tuple[int, ...]


def depthwise_layer(
    shape: Ints,
    kernel: Ints = (3, 3),
    strides: Ints = (1, 1),
    pads: Ints = (1, 1, 1, 1),
    dilations: Ints = (1, 1),
    *,
    zeros: tuple[int, int] = (-7, 5),
    lo: int = -128,
    hi: int = 127,
    bias: int = 2000,
    gain: float = 1.0,
    mixed: bool = False,
    seed: int = 0,
) -> Layer:
    """`bias` bounds the biases: large ones need the wide form; a large `gain` saturates outputs."""
    rng = np.random.default_rng(seed)
    channels = shape[2]
    x = TensorInfo("x", (1, *shape), "int8", 0.05, zeros[0])
    y = TensorInfo("y", (), "int8", 0.05 * 0.02 * 50 * 60 / 20 / gain, zeros[1])
    weight = rng.integers(-90, 91, (*kernel, channels)).astype(np.int8)
    scale = 0.02 * rng.uniform(0.5, 1.5, channels)
    biases = rng.integers(-bias, bias + 1, channels)
    if mixed:
        scale, biases = uneven(scale, biases, x.quant[0] / y.quant[0])
    op, constants = ops.Depthwise.build(
        "layer",
        x,
        y,
        weight,
        scale,
        biases,
        strides=strides,
        pads=pads,
        dilations=dilations,
        lo=lo,
        hi=hi,
    )
    return testing.one_layer(op, constants, [x], [y])


THREE_BY_THREE: list[Ints] = [
    (25, 5, 64),
    (8, 8, 16),
    (1, 1, 1),
    (5, 1, 3),
    (1, 7, 5),
    (13, 11, 37),
    (3, 4, 130),
    (3, 3, 300),
]
OTHERS: list[tuple[Ints, ...]] = [
    ((9, 8, 16), (3, 3), (2, 2), (0, 0, 1, 1)),
    ((11, 13, 6), (3, 3), (2, 1), (1, 1, 1, 1)),
    ((12, 7, 5), (3, 3), (1, 2), (1, 1, 1, 1)),
    ((12, 9, 8), (5, 5), (1, 1), (2, 2, 2, 2)),
    ((17, 20, 13), (3, 3), (2, 2), (1, 1, 1, 1)),
    ((13, 12, 9), (3, 3), (3, 4), (1, 1, 1, 1)),
    ((14, 13, 6), (5, 5), (2, 2), (2, 2, 2, 2)),
    ((8, 19, 5), (5, 3), (3, 2), (2, 1, 2, 1)),
    ((8, 9, 5), (3, 4), (2, 1), (1, 1, 1, 2)),
    ((7, 6, 4), (3, 3), (1, 1), (2, 2, 2, 2), (2, 2)),
    ((9, 9, 4), (3, 3), (1, 1), (3, 1, 3, 1), (3, 1)),
    ((10, 3, 7), (10, 4), (2, 2), (4, 1, 5, 1)),
    ((2, 2, 3), (5, 7), (1, 1), (3, 4, 3, 4)),
    ((6, 5, 9), (1, 1), (1, 1), (0, 0, 0, 0)),
    ((6, 5, 9), (1, 4), (1, 1), (0, 1, 0, 2)),
    ((6, 15, 9), (2, 3), (3, 4), (0, 1, 0, 2)),
    ((1, 50, 9), (1, 9), (1, 1), (0, 4, 0, 4)),
    ((25, 1, 9), (9, 1), (2, 2), (4, 0, 4, 0)),
    ((7, 9, 5), (7, 7), (2, 2), (3, 3, 3, 3)),
    ((5, 5, 8), (7, 7), (1, 1), (3, 3, 3, 3)),
    ((1, 40, 6), (1, 30), (1, 1), (0, 15, 0, 15)),
    ((9, 8, 7), (2, 2), (1, 1), (0, 0, 1, 1)),
    ((12, 12, 3), (5, 5), (1, 1), (4, 4, 4, 4), (2, 2)),
    ((1, 1, 3), (3, 3), (2, 2), (1, 1, 1, 1)),
    ((2, 11, 5), (3, 3), (2, 2), (0, 0, 1, 1)),
    ((5, 10, 9), (3, 3), (2, 2), (1, 1, 1, 1)),
    ((6, 6, 132), (3, 3), (2, 2), (0, 0, 1, 1)),
    ((9, 14, 7), (3, 3), (1, 1), (0, 0, 0, 0)),
]


@pytest.mark.parametrize("shape", THREE_BY_THREE, ids=str)
def test_three_by_three_equals_reference(shape: Ints) -> None:
    testing.check_host(depthwise_layer(shape))


@pytest.mark.parametrize("shape", OTHERS, ids=str)
def test_other_windows_equal_reference(shape: tuple[Ints, ...]) -> None:
    testing.check_host(depthwise_layer(*shape))


@pytest.mark.parametrize("zeros", [(-128, 127), (127, -128)])
@pytest.mark.parametrize("bias", [100, 10_000_000])
def test_saturates(zeros: tuple[int, int], bias: int) -> None:
    testing.check_host(depthwise_layer((9, 6, 5), zeros=zeros, bias=bias, gain=30))
    testing.check_host(depthwise_layer((9, 6, 5), zeros=zeros, bias=bias, lo=-10, hi=30))


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("shape", THREE_BY_THREE, ids=str)
def test_three_by_three_runs_on_eight_cores(shape: Ints, isa: str) -> None:
    testing.check_simulated(depthwise_layer(shape), isa, most=2)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("shape", OTHERS, ids=str)
def test_other_windows_run_on_eight_cores(shape: tuple[Ints, ...], isa: str) -> None:
    testing.check_simulated(depthwise_layer(*shape), isa, most=2)


REQUANTISED = [((3, 3), (1, 1)), ((3, 3), (2, 2)), ((5, 5), (1, 2)), ((3, 5), (1, 1)), ((7, 7), (2, 1))]
"""One window for each hot loop."""


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("bias", [100, 10_000_000])
@pytest.mark.parametrize("clamp", [(-128, 127), (-100, 90)])
@pytest.mark.parametrize("gain", [1, 30])
@pytest.mark.parametrize(("kernel", "strides"), REQUANTISED)
def test_every_requantisation_runs_on_eight_cores(
    bias: int, clamp: tuple[int, int], gain: float, kernel: Ints, strides: Ints, isa: str
) -> None:
    found = depthwise_layer((10, 9, 12), kernel, strides, bias=bias, lo=clamp[0], hi=clamp[1], gain=gain)
    testing.check_simulated(found, isa, most=1)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize(("kernel", "strides"), REQUANTISED)
def test_channels_that_requantise_differently(kernel: Ints, strides: Ints, isa: str) -> None:
    found = depthwise_layer((11, 10, 13), kernel, strides, zeros=(-7, -128), mixed=True)
    assert requantize.form(found) == "mixed"
    assert 0 < requantize.wide_channels(found) < 1
    testing.check_host(found, most=1)
    testing.check_simulated(found, isa, most=2)


@pytest.mark.parametrize(
    ("shape", "kernel"),
    [
        ("depthwise3x3_12x12x32", "depthwise_columns"),
        ("depthwise3x3_7x7x128", "depthwise_columns"),
        ("depthwise3x3s2_20x20x32", "depthwise_columns"),
        ("depthwise3x3_12x12x32", "depthwise_3x3"),
        ("depthwise5x5s2_12x12x32", "depthwise_lines"),
        ("depthwise4x4_12x12x32", "depthwise_words"),
        ("depthwise7x7s2_12x12x32", "depthwise_taps"),
    ],
)
@pytest.mark.parametrize("isa", ["xcv", "rv32"])
def test_predicted_cycles_are_near_the_measured_ones(shape: str, kernel: str, isa: str) -> None:
    case = Case(shape, "dense", kernel, isa)
    if (reason := refusal(case)) is not None:
        assert reason == "needs --isa xcv"
        return
    found = measure(case)
    assert found is not None
    assert found.candidate.cycles == pytest.approx(found.cycles, rel=0.08)
