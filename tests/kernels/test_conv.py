"""Every kernel for convolution and fully-connected layers, dense and N:M sparse, equals the reference bit for bit.

The portable bodies run on this machine under sanitizers and, where `rv32` is named, on the simulator; the assembly
bodies run on the simulator, on the same inputs.
"""

import numpy as np
import pytest

from isas import BUILT_IN, GMAC, RV32, XCV, XDEC
from kernels.affine_layers import Shape, layer, random_shape
from nmcu import kernels, targets, testing
from nmcu.graph import ops, reference
from nmcu.kernels import Machine
from nmcu.kernels.common import requantize

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
    Shape((11, 10, 3), 16, (3, 3), (2, 2), (0, 0, 1, 1)),
    Shape((12, 3, 1), 18, (10, 3), (2, 1), (4, 1, 5, 1)),
    Shape((5, 6, 2), 70, (1, 1)),
    Shape((3, 3, 8), 5, (3, 3), pads=(1, 1, 1, 1)),
    Shape((5, 7, 8), 18),
    Shape((3, 4), 9),
    Shape((1, 64), 10),
    Shape((1, 1), 1),
    Shape((1, 331), 37),
    Shape((1, 16), 67),
    Shape((2, 35), 18),
    Shape((9, 64), 24),
    Shape((29, 48), 31),
    Shape((3, 3, 20), 64),
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
        if kernel.packed and kernels.fits(kernel, layer(shape, pattern), MACHINE, SPARSE) is None
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


GMAC_CASES = [
    (Shape((8, 8, 32), 16, (3, 3), pads=(1, 1, 1, 1)), "1:4"),  # chunks and half of one
    (Shape((7, 9, 32), 13, (3, 3), pads=(1, 1, 1, 1)), "1:8"),
    (Shape((6, 5, 64), 9, (1, 1), (1, 2)), "1:16"),  # half of one only
    (Shape((9, 11, 64), 6, (3, 3), (2, 2), (0, 0, 1, 1)), "1:16"),
    (Shape((8, 9, 64), 7, (3, 3), pads=(2, 2, 2, 2), dilations=(2, 2)), "1:8"),
    (Shape((9, 20, 20), 9, (3, 3), (2, 2), (3, 3, 3, 3), dilations=(3, 3)), "2:8"),
    (Shape((5, 4, 48), 5, (1, 2), pads=(0, 1, 0, 0)), "1:4"),
    (Shape((3, 2, 128), 6, (3, 1), pads=(1, 0, 1, 0)), "1:32"),
    (Shape((4, 17, 37), 10, (2, 5), pads=(1, 2, 0, 2)), "2:4"),  # five taps, no channels that divide
    (Shape((1, 13, 23), 7, (1, 4), (1, 3)), "3:16"),
    (Shape((6, 1, 50), 3, (3, 1), pads=(1, 0, 1, 0)), "4:8"),
    (Shape((5, 5, 40), 6, (3, 3), pads=(1, 1, 1, 1)), "8:16"),
    (Shape((5, 11, 45), 9, (3, 3), pads=(1, 1, 1, 1)), "2:32"),
    (Shape((7, 10, 23), 13, (3, 3), pads=(1, 1, 1, 1)), "5%"),
    (Shape((9, 70), 18), "1-3:8"),
    (Shape((29, 64), 31), "1:4"),
    (Shape((6, 96), 18), "1:8"),
    (Shape((3, 20), 18), "1:16"),
    (Shape((1, 128), 10), "1:16"),
]


@pytest.mark.parametrize(("shape", "pattern"), GMAC_CASES, ids=str)
@pytest.mark.parametrize("how", ["int8", "saturating", "mixed"])
def test_gmac_body(shape: Shape, pattern: str, how: str) -> None:
    """With the range of int8 (narrow, some wide) and with another one, and in the mixed form."""
    found = {
        "int8": layer(shape, pattern),
        "saturating": layer(shape, pattern, zeros=(-128, 127), gain=40.0, lo=-100, hi=90),
        "mixed": layer(shape, pattern, zeros=(3, -128), mixed=True),
    }[how]
    assert how != "mixed" or requantize.form(found) == "mixed"
    testing.check_simulated(found, "gmac", "word_gather_mac", most=2)


@pytest.mark.parametrize(("shape", "pattern"), GMAC_CASES[5:15:2], ids=str)
def test_gmac_portable_body(shape: Shape, pattern: str) -> None:
    """Under sanitizers; in the mixed form, with channels that fill up the last group of four."""
    found = layer(shape, pattern, mixed=True)
    kernel, machine = BUILT_IN.kernels["word_gather_mac"], Machine(targets.get("cluster8"), GMAC)
    inputs = testing.random_inputs(found, 0)
    for candidate in testing.tilings(kernel, found, machine, most=2):
        (actual,) = testing.on_host(found, kernel, candidate, inputs, machine)
        np.testing.assert_array_equal(actual, reference.run_layer(found, inputs)[0])


@pytest.mark.parametrize("extreme", [-128, 127])
def test_extreme_inputs_with_gmac(extreme: int) -> None:
    found = layer(Shape((4, 4, 32), 9, (3, 3), pads=(1, 1, 1, 1)), "1:8", zeros=(-extreme - 1, 0))
    inputs = [np.full(t.shape, extreme, np.int8) for t in found.inputs]
    (expected,) = reference.run_layer(found, inputs)
    kernel, machine = BUILT_IN.kernels["word_gather_mac"], Machine(targets.get("cluster8"), GMAC)
    (candidate,) = testing.tilings(kernel, found, machine, most=1)
    (actual,), _ = testing.on_simulator(found, kernel, candidate, inputs, machine)
    np.testing.assert_array_equal(actual, expected)


def test_what_gmac_does_not_run() -> None:
    kernel, machine = BUILT_IN.kernels["word_gather_mac"], Machine(targets.get("cluster8"), GMAC)
    shape = Shape((4, 4, 32), 8, (3, 3))
    dense = "weights that are not N:M sparse, and over half of them not zero"
    assert kernels.fits(kernel, layer(shape), machine) == dense
    crowded = "weights of which in blocks of 4, 8 and 16 up to more than a half are not zero"
    assert kernels.fits(kernel, layer(shape, "30%"), machine) == crowded


@pytest.mark.parametrize(("shape", "pattern"), [*((s, None) for s in SHAPES), *SPARSE_CASES], ids=str)
def test_scalar_bodies(shape: Shape, pattern: str | None) -> None:
    testing.check_simulated(layer(shape, pattern), "rv32", SPARSE if pattern else "*", most=1)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize(
    "shape", [Shape((3, 3, 20), 64), Shape((1, 5, 4), 33), Shape((9, 12), 24), Shape((1, 1, 16), 32)], ids=str
)
@pytest.mark.parametrize("how", ["narrow", "split", "clamped", "mixed"])
def test_last_pixel_alone(shape: Shape, how: str, isa: str) -> None:
    """A pixel more than blocks of four, with groups of channels that the cores share evenly and that they do not."""
    found = {
        "narrow": layer(shape, largest=1),
        "split": layer(shape, gain=4.0, largest=60),
        "clamped": layer(shape, zeros=(-128, 127), gain=40.0, lo=-100, hi=90),
        "mixed": layer(shape, zeros=(3, -128), mixed=True),
    }[how]
    assert how not in ("narrow", "mixed") or requantize.form(found) == how
    testing.check_simulated(found, isa, "dense_4x4", most=2)


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


@pytest.mark.parametrize(
    ("shape", "pattern"),
    [(SHAPES[4], None), (SHAPES[13], None), (SHAPES[0], "1:8x4"), (SHAPES[11], "1:4")],
    ids=str,
)
def test_channels_that_requantise_differently(shape: Shape, pattern: str | None) -> None:
    """Clipped, of 64 bits and ordinary ones in one layer: each kernel has all three."""
    found = layer(shape, pattern, zeros=(3, -128), mixed=True)
    assert requantize.form(found) == "mixed"
    assert 0 < requantize.wide_channels(found) < 1
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


@pytest.mark.parametrize("shape", SHAPES[:2] + SHAPES[4:8] + [SHAPES[-1]], ids=str)
def test_what_is_there_to_compare_with_is_right_and_never_chosen(shape: Shape) -> None:
    found = layer(shape)
    testing.check_simulated(found, "xcv", "dense_1x2", most=1)
    chosen = kernels.candidates(BUILT_IN.kernels.values(), found, MACHINE)
    assert "dense_1x2" not in {candidate.kernel for candidate in chosen}


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
        for isa in (XDEC, GMAC)
        if kernels.fits(kernel, found, Machine(targets.get("cluster8"), isa)) is None
    }
    wanted = {
        kernel.name
        for kernel in BUILT_IN.kernels.values()
        if {ops.Conv2d, ops.Linear} & {*kernel.operators} and ops.Depthwise not in kernel.operators
    }
    assert wanted - reached <= {
        "grouped",
        "sums",
    }  # groups and results without requantisation have tests of their own
