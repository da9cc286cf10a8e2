"""Grouped convolution: by the dense kernels, by those for depthwise convolution with some output channels each, and by
portable code."""

import numpy as np
import pytest

from isas import BUILT_IN, XCV
from nmcu import targets, testing
from nmcu.graph import Layer, TensorInfo, ops
from nmcu.kernels import Machine, candidates

CASES = [
    ((7, 6, 8), (3, 3), 12, 4, (1, 1), (1, 1)),
    ((5, 5, 6), (1, 1), 9, 3, (2, 1), (1, 1)),
    ((9, 4, 4), (3, 2), 8, 4, (1, 2), (2, 1)),
    ((1, 1, 2), (3, 3), 2, 2, (1, 1), (1, 1)),
    ((6, 5, 12), (3, 3), 24, 3, (1, 1), (1, 1)),
    ((5, 9, 10), (3, 2), 16, 2, (1, 2), (1, 2)),
    ((9, 7, 5), (7, 7), 15, 5, (2, 1), (1, 1)),
    ((6, 11, 9), (3, 3), 18, 9, (1, 1), (1, 1)),
    ((1, 20, 6), (1, 5), 24, 6, (1, 2), (1, 1)),
]


def grouped_layer(
    shape: tuple[int, int, int],
    kernel: tuple[int, int],
    cout: int,
    groups: int,
    strides: tuple[int, int],
    dilations: tuple[int, int],
) -> Layer:
    rng = np.random.default_rng(0)
    x = TensorInfo("x", (1, *shape), "int8", 0.05, -7)
    y = TensorInfo("y", (), "int8", 0.3, 5)
    weight = rng.integers(-90, 91, (cout, *kernel, shape[2] // groups)).astype(np.int8)
    scale = 0.02 * rng.uniform(0.5, 1.5, cout)
    pads = tuple(d * (k - 1) // 2 + 1 for k, d in zip(kernel, dilations, strict=True)) * 2
    op, constants = ops.Conv2d.build(
        "layer", x, y, weight, scale, rng.integers(-99, 99, cout), strides=strides, pads=pads, dilations=dilations,
        groups=groups,
    )  # fmt: skip
    return testing.one_layer(op, constants, [x], [y])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equals_reference(case: tuple) -> None:  # type: ignore[type-arg]
    testing.check_host(grouped_layer(*case))


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_runs_on_eight_cores(case: tuple, isa: str) -> None:  # type: ignore[type-arg]
    testing.check_simulated(grouped_layer(*case), isa, most=2)


def test_portable_code_is_left_with_few_channels_a_group() -> None:
    machine = Machine(targets.get("cluster8"), XCV)
    fastest = [
        candidates(BUILT_IN.kernels.values(), grouped_layer(*case), machine)[0].kernel for case in CASES
    ]
    assert [k for k in fastest if k == "grouped"] == ["grouped"] * 2
    assert {"dense_4x4", "depthwise_3x3", "depthwise_words", "depthwise_taps"} <= {*fastest}
