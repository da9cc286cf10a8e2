"""Layers whose accumulators are their output: int32, for a float section or the border to rescale."""

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from kernels.affine_layers import Shape, layer
from nmcu import kernels, testing
from nmcu.graph import reference
from nmcu.kernels import Machine
from nmcu.plan.parts import split
from nmcu.registry import Registry
from nmcu.testing.run import on_simulator

SHAPES = [
    Shape((7, 5, 23), 13, (3, 3), pads=(1, 1, 1, 1)),
    Shape((9, 11, 20), 9, (3, 3), (2, 2), (0, 0, 1, 1)),
    Shape((8, 9, 20), 9, (3, 3), pads=(2, 2, 2, 2), dilations=(2, 2)),
    Shape((9, 13, 16), 6),
    Shape((1, 331), 37),
    Shape((1, 64), 10),
    Shape((9, 64), 24),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_equal_the_reference(shape: Shape) -> None:
    sums = layer(shape, sums=True)
    testing.check_host(sums)
    for target, isa in (("cluster8", "xcv"), ("cv32e40p", "rv32")):
        assert set(testing.check_simulated(sums, isa, target=target, most=2)) == {"sums"}


@pytest.mark.parametrize("shape", SHAPES[:4], ids=str)
def test_predicted_cycles_are_within_a_fifth(shape: Shape) -> None:
    registry, sums = Registry.installed(), layer(shape, sums=True)
    for target, isa in (("cluster8", "xcv"), ("cv32e40p", "rv32")):
        machine = Machine(registry.target(target), registry.isa(isa))
        best = kernels.candidates(registry.kernels.values(), sums, machine)[0]
        kernel = registry.kernels[best.kernel]
        _, cycles = on_simulator(sums, kernel, best, testing.random_inputs(sums), machine)
        assert best.cycles == pytest.approx(cycles, rel=0.2)


def test_are_the_sums_of_products_and_bias() -> None:
    sums = layer(SHAPES[5], sums=True)
    (x,) = testing.random_inputs(sums)
    (y,) = reference.run_layer(sums, [x])
    weight, bias = (sums.constants[key].astype(np.int64) for key in ("weight", "bias"))
    np.testing.assert_array_equal(y, x.astype(np.int64) @ weight.T + bias)
    assert y.dtype == np.int32 and np.abs(y).max() > 127


def test_parts_write_their_channels_of_the_map() -> None:
    """A layer whose weights stream runs in parts, which write into a wider map of four bytes a channel."""
    whole = layer(Shape((5, 40), 27), sums=True)
    parts = [part for _, part in split(whole, 3000, 1000)]
    assert len(parts) > 1
    for part in parts:
        alone = dataclasses.replace(part, whole=None, constants=MappingProxyType(dict(part.constants)))
        testing.check_host(alone)
