"""Kernels for one token equal the reference bit for bit: with gmac in all forms of requantisation and for numbers of
inputs and channels that nothing divides; all of them in parts of any size, on fewer cores where more have no room."""

import numpy as np
import pytest

from isas import BUILT_IN, GMAC
from kernels.affine_layers import Shape, layer
from nmcu import kernels, targets, testing
from nmcu.graph import Layer, reference
from nmcu.kernels import Candidate, Kernel, Machine
from nmcu.kernels.common import requantize

MACHINE = Machine(targets.get("cluster8"), GMAC)
OWN, SHARED = "byte_gather_mac", "byte_gather_mac_g4"
PATTERNS = {
    OWN: ["1:4", "1:8", "1:16", "1:32", "1:8x4"],
    SHARED: ["1:4x4", "1:16x4", "3:16x4", "1:32x4", "10%"],
}
SHAPES = [
    Shape((1, 64), 10),
    Shape((1, 128), 16),
    Shape((1, 331), 37),
    Shape((1, 40), 67),
    Shape((1, 1030), 3),
    Shape((1, 96), 130),
    Shape((1, 33), 5),
]
CASES = [
    (kernel, shape, patterns[(number + more) % len(patterns)])
    for kernel, patterns in PATTERNS.items()
    for number, shape in enumerate(SHAPES)
    for more in (0, 2)
]
FORMS = {
    "narrow": {"zeros": (3, -5), "largest": 20},
    "clamped": {"zeros": (-128, 127), "gain": 40.0, "lo": -100, "hi": 90},
    "mixed": {"zeros": (3, -128), "mixed": True},
}


def _kernel(name: str) -> Kernel:
    return BUILT_IN.kernels[name]


def _check(found: Layer, kernel: str, part: int, cores: int = 8) -> Candidate:
    """One cut of a layer."""
    machine = Machine(targets.get("cluster8"), GMAC, tiling={"part": part, "cores": cores})
    (candidate,) = _kernel(kernel).candidates(found, machine)
    inputs = testing.random_inputs(found, 1)
    (expected,) = reference.run_layer(found, inputs)
    (actual,), _ = testing.on_simulator(found, _kernel(kernel), candidate, inputs, machine)
    np.testing.assert_array_equal(actual, expected)
    return candidate


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("kernel", "shape", "pattern"), CASES, ids=str)
def test_bodies(kernel: str, shape: Shape, pattern: str, form: str) -> None:
    found = layer(shape, pattern, **FORMS[form])
    if kernels.fits(_kernel(kernel), found, MACHINE) is not None:
        pytest.skip("too few channels for the pattern")
    testing.check_kernel(_kernel(kernel), found, isa="gmac", most=2)


def test_the_cases_reach_all_forms_of_all_block_lengths() -> None:
    reached = {
        (kernel, found.support.block, requantize.form(found))
        for kernel, shape, pattern in CASES
        for how in FORMS.values()
        if kernels.fits(_kernel(kernel), found := layer(shape, pattern, **how), MACHINE) is None
        and found.support
    }
    assert reached >= {(OWN, m, form) for m in (4, 8, 16, 32) for form in ("narrow", "mixed")}
    assert reached >= {(SHARED, m, form) for m in (1, 4, 16, 32) for form in ("narrow", "mixed")}


@pytest.mark.parametrize("extreme", [-128, 127])
@pytest.mark.parametrize(("kernel", "pattern"), [(OWN, "1:4"), (OWN, "1:16"), (SHARED, "1:8x4")])
def test_extreme_inputs(kernel: str, pattern: str, extreme: int) -> None:
    found = layer(Shape((1, 100), 9), pattern, zeros=(-extreme - 1, 0))
    inputs = [np.full(t.shape, extreme, np.int8) for t in found.inputs]
    (expected,) = reference.run_layer(found, inputs)
    (candidate,) = testing.tilings(_kernel(kernel), found, MACHINE, most=1)
    (actual,), _ = testing.on_simulator(found, _kernel(kernel), candidate, inputs, MACHINE)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("part", [1, 2, 4, 100])
@pytest.mark.parametrize("cores", [1, 3, 8])
@pytest.mark.parametrize("kernel", [OWN, SHARED, "byte_gather_g1", "published_linear"])
def test_parts_of_any_size_on_any_number_of_cores(kernel: str, cores: int, part: int) -> None:
    _check(layer(Shape((1, 64), 37), "1:8x4"), kernel, part, cores)


def test_fewer_cores_where_not_all_have_room() -> None:
    found = layer(Shape((1, 40960), 24), "1:4")
    cores = {
        name: _kernel(name).candidates(found, MACHINE)[0].parameters["cores"]
        for name in (OWN, "byte_gather_g1")
    }
    assert cores[OWN] < 8 and cores["byte_gather_g1"] < cores[OWN]
    _check(found, OWN, 1, cores[OWN])
