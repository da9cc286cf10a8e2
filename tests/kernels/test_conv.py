"""Every kernel for convolution and fully-connected layers, dense and N:M sparse, equals the reference bit for bit.

The portable bodies run on this machine under sanitizers and, where `rv32` is named, on the simulator; the assembly
bodies run on the simulator, on the same inputs.
"""

import numpy as np
import pytest

from isas import BUILT_IN, RV32, XCV, XDEC
from kernels.affine_layers import Shape, layer, random_shape
from nmcu import kernels, targets, testing
from nmcu.graph import ops, reference
from nmcu.kernels import Machine

MACHINE = Machine(targets.get("cluster8"), XCV)
SCALAR = Machine(targets.get("cluster8"), RV32)
SPARSE = "[!d]*"
"""All kernels but the dense ones."""
SHAPES = [
    Shape((8, 8, 32), 16, (3, 3), pads=(1, 1, 1, 1)),
    Shape((1, 1, 1), 1),
    Shape((1, 1, 40), 9, (3, 3), pads=(1, 1, 1, 1)),
    Shape((7, 11, 1), 5, (3, 3)),
    Shape((7, 5, 23), 13, (3, 3), pads=(1, 1, 1, 1)),
    Shape((9, 11, 20), 9, (3, 3), (2, 2), (0, 0, 1, 1)),
    Shape((9, 13, 16), 6, (1, 1), (2, 3)),
    Shape((8, 9, 20), 9, (3, 3), pads=(2, 2, 2, 2), dilations=(2, 2)),
    Shape((2, 3, 17), 7, (7, 5), pads=(3, 2, 3, 2)),
    Shape((5, 4, 36), 4, (1, 3), pads=(0, 2, 0, 0)),
    Shape((6, 4, 130), 33, (3, 1), pads=(1, 0, 1, 0)),
    Shape((1, 64), 10),
    Shape((1, 1), 1),
    Shape((1, 331), 37),
    Shape((1, 16), 67),
    Shape((2, 35), 18),
    Shape((9, 64), 24),
    Shape((29, 48), 31),
]
PATTERNS = ["1:4", "1:8", "1:16", "2:8", "1:4x4", "1:8x4", "3:16x4", "1:16x2"]
ENDS = [(-128, 127), (127, -128), (-128, -128)]


def _patterns(shape: Shape) -> tuple[str, str]:
    """Two patterns for `shape`, others for the next one."""
    number = SHAPES.index(shape)
    return PATTERNS[number % len(PATTERNS)], ("1:8", "1:8x4")[number % 2]


def _is_sparse(shape: Shape, pattern: str) -> bool:
    return layer(shape, pattern).pattern is not None


SPARSE_CASES = [(s, p) for s in SHAPES for p in _patterns(s) if _is_sparse(s, p)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dense_portable_bodies(shape: Shape) -> None:
    testing.check_host(layer(shape))


@pytest.mark.parametrize(("shape", "pattern"), SPARSE_CASES, ids=str)
def test_sparse_portable_bodies(shape: Shape, pattern: str) -> None:
    testing.check_host(layer(shape, pattern), SPARSE)


ODD = [
    (Shape((5, 11, 45), 9, (3, 3), pads=(1, 1, 1, 1)), "1:32"),
    (Shape((5, 11, 45), 9, (3, 3), pads=(1, 1, 1, 1)), "1:32x4"),
    (Shape((6, 9, 70), 6, (3, 2), (1, 2), (0, 1, 0, 1)), "1:32"),
    (Shape((1, 331), 37), "1:32"),
    (Shape((9, 100), 11), "1:32x4"),
    (Shape((1, 331), 37), "1:32x4"),
    (Shape((5, 11, 45), 9, (3, 3), pads=(1, 1, 1, 1)), "1-4:16"),
    (Shape((9, 70), 18), "1-3:8"),
    (Shape((1, 331), 37), "1-4:16"),
    (Shape((7, 10, 23), 13, (3, 3), pads=(1, 1, 1, 1)), "5%"),
    (Shape((8, 9, 50), 9, (3, 3), (2, 2), pads=(2, 2, 2, 2), dilations=(2, 2)), "2%"),
    (Shape((3, 9, 301), 5, (1, 3), pads=(0, 1, 0, 1)), "0.5%"),
    (Shape((9, 640), 7), "1%"),
    (Shape((1, 1030), 21), "0.3%"),
    (Shape((1, 331), 37), "10%"),
    (Shape((4, 9, 33), 6, (3, 3)), "0%"),
]
"""Supports that are no pattern of blocks of 16 or less: 1:32, N of each channel's own, and zeros anywhere."""


def test_packed_kernels_run_any_support() -> None:
    names = {"word_gather_g1", "word_gather_g1x8", "word_gather_g4", "byte_gather_g1", "byte_gather_g4"}
    reached = {
        (pattern, kernel.name)
        for shape, pattern in ODD
        for kernel in BUILT_IN.kernels.values()
        if kernels.fits(kernel, layer(shape, pattern), MACHINE, SPARSE) is None
    }
    assert {k for p, k in reached if "%" in p and p != "0%"} == names
    assert {k for p, k in reached if p == "0%"} >= {
        "published_conv",
        "word_gather_g1",
    }  # zeros hold every pattern
    assert {k for p, k in reached if "1:32" in p} >= names
    assert {k for p, k in reached if "-" in p} >= {"word_gather_g1", "word_gather_g1x8", "byte_gather_g1"}


@pytest.mark.parametrize(("shape", "pattern"), ODD, ids=str)
def test_any_support_on_this_machine(shape: Shape, pattern: str) -> None:
    testing.check_host(layer(shape, pattern), SPARSE, most=2)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize(("shape", "pattern"), ODD, ids=str)
def test_any_support_on_the_simulator(shape: Shape, pattern: str, isa: str) -> None:
    testing.check_simulated(layer(shape, pattern), isa, SPARSE, most=1)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_dense_assembly_bodies(shape: Shape) -> None:
    testing.check_simulated(layer(shape), "xcv", most=2)


@pytest.mark.parametrize(("shape", "pattern"), SPARSE_CASES, ids=str)
def test_sparse_assembly_bodies(shape: Shape, pattern: str) -> None:
    testing.check_simulated(layer(shape, pattern), "xcv", SPARSE, most=2)


@pytest.mark.parametrize("shape", [s for s in SHAPES if min(s.size[-1], s.cout) > 8], ids=str)
@pytest.mark.parametrize("pattern", ["1:4", "1:8", "1:16"])
def test_xdecimate_bodies(shape: Shape, pattern: str) -> None:
    if layer(shape, pattern).pattern is None:
        pytest.skip("too few channels for the pattern")
    testing.check_simulated(layer(shape, pattern), "xdec", "*_xdec", most=2)


@pytest.mark.parametrize(("shape", "pattern"), [*((s, None) for s in SHAPES), *SPARSE_CASES], ids=str)
def test_scalar_bodies(shape: Shape, pattern: str | None) -> None:
    testing.check_simulated(layer(shape, pattern), "rv32", SPARSE if pattern else "*", most=1)


@pytest.mark.parametrize("zeros", ENDS)
@pytest.mark.parametrize(
    ("shape", "pattern"),
    [(SHAPES[4], None), (SHAPES[4], "1:8x4"), (SHAPES[13], None), (SHAPES[13], "1:4")],
    ids=str,
)
def test_saturating_values(shape: Shape, pattern: str | None, zeros: tuple[int, int]) -> None:
    """Zero points at both ends, outputs that mostly clamp, a fused clamp of its own."""
    found = layer(shape, pattern, zeros=zeros, gain=40.0, lo=-100, hi=90)
    testing.check_host(found, most=1)
    testing.check_simulated(found, "xcv", most=1)
    testing.check_simulated(found, "rv32", most=1)


@pytest.mark.parametrize("machine", [MACHINE, SCALAR], ids=["xcv", "rv32"])
@pytest.mark.parametrize("extreme", [-128, 127])
@pytest.mark.parametrize("pattern", [None, "1:4", "1:8x4"])
def test_extreme_inputs_and_weights(pattern: str | None, extreme: int, machine: Machine) -> None:
    found = layer(SHAPES[4], pattern, zeros=(-extreme - 1, 0))
    inputs = [np.full(t.shape, extreme, np.int8) for t in found.inputs]
    (expected,) = reference.run_layer(found, inputs)
    for kernel in BUILT_IN.kernels.values():
        if kernels.fits(kernel, found, machine) is None:
            (candidate,) = testing.tilings(kernel, found, machine, most=1)
            (actual,), _ = testing.on_simulator(found, kernel, candidate, inputs, machine)
            np.testing.assert_array_equal(actual, expected, err_msg=kernel.name)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pattern", [None, "1:8", "2:4", "1:4x4"])
def test_random_shapes(seed: int, pattern: str | None) -> None:
    found = layer(random_shape(seed), pattern, seed=seed)
    testing.check_host(found, seed=seed, most=1)
    testing.check_simulated(found, "xcv", seed=seed, most=1)
    testing.check_simulated(found, "rv32", "[!p]*", seed=seed, most=1, target="cv32e40p")


@pytest.mark.slow
def test_one_token_of_so_many_channels_that_few_records_fit() -> None:
    found = layer(Shape((1, 20480), 64), "1:4")
    (candidate,) = testing.tilings(BUILT_IN.kernels["byte_gather_g1"], found, MACHINE, most=1)
    assert candidate.parameters["channels"] < 8
    testing.check_simulated(found, "xcv", "byte_gather_g1", most=1)


def test_more_channels_than_a_descriptor_can_name_are_refused() -> None:
    found = layer(Shape((1, 65536), 10))
    machine = Machine(targets.get("cv32e40p"), XCV)
    reasons = {kernels.fits(k, found, machine) for k in BUILT_IN.kernels.values() if k.runs(found)}
    assert "65,536 rows, columns or channels; at most 65,535" in reasons
    assert not kernels.candidates(BUILT_IN.kernels.values(), found, machine)


def test_these_shapes_reach_every_kernel() -> None:
    layers = [layer(s) for s in SHAPES] + [layer(s, p) for s, p in SPARSE_CASES]
    reached = {
        kernel.name
        for found in layers
        for kernel in BUILT_IN.kernels.values()
        if kernels.fits(kernel, found, Machine(targets.get("cluster8"), XDEC)) is None
    }
    wanted = {
        kernel.name for kernel in BUILT_IN.kernels.values() if {ops.Conv2d, ops.Linear} & {*kernel.operators}
    }
    assert wanted - reached <= {"grouped"}  # grouped convolution has a test of its own
