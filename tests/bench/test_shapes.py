"""The measured layers: names, sizes, weights."""

import numpy as np
import pytest

from nmcu.bench.shapes import OTHER_SHAPES, PATTERNS, SHAPES, Shape, network
from nmcu.errors import NmcuError


def test_names_say_the_sizes() -> None:
    assert Shape.parse("conv3x3s2_16x8x64_128") == Shape("conv3x3s2_16x8x64_128", 16, 8, 64, 128, 3, 2)
    assert Shape.parse("depthwise5x5_8x7x6") == Shape("depthwise5x5_8x7x6", 8, 7, 6, 0, 5, 1)
    assert Shape.parse("linear_384_1536_t64") == Shape("linear_384_1536_t64", 64, 1, 384, 1536, 0, 1)


@pytest.mark.parametrize("name", ["conv3x3s2_16x16x64_128", "depthwise3x3s2_9x9x20", "linear_64_10_t3"])
def test_the_network_is_of_the_shape(name: str) -> None:
    shape = Shape.parse(name)
    (layer,) = network(shape).layers
    assert (layer.kind.startswith(shape.op), layer.weight_bytes) == (True, shape.dense_bytes)


@pytest.mark.parametrize("name", ["", "conv", "conv3x5_8x8x4_4", "linear_10_t1", "conv3x3_8x8x4_4; x"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(NmcuError, match="is not a shape"):
        Shape.parse(name)


def test_no_shape_tests_the_fit_it_was_used_for() -> None:
    assert not set(SHAPES) & set(OTHER_SHAPES)
    assert len({Shape.parse(name) for name in (*SHAPES, *OTHER_SHAPES)}) == len(SHAPES) + len(OTHER_SHAPES)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", ["conv3x3_5x5x33_17", "linear_64_10_t3"])
def test_weights_have_exactly_the_pattern(name: str, pattern: str) -> None:
    (layer,) = network(Shape.parse(name), pattern).layers
    assert str(layer.pattern) == pattern
    assert layer.weight_bytes == Shape.parse(name).dense_bytes


def test_equal_names_give_equal_networks() -> None:
    one, other = (network(Shape.parse("linear_64_10_t3"), "1:8").layers[0] for _ in range(2))
    for key in one.constants:
        np.testing.assert_array_equal(one.constants[key], other.constants[key])
