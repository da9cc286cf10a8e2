"""Kernels that look their results up in a table equal the reference bit for bit, in assembly and in C."""

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from isas import BUILT_IN, RV32, XCV, named
from kernels.affine_layers import Shape, layer
from nmcu import kernels, targets, testing
from nmcu.graph import Layer, ops
from nmcu.isa import InstructionSet
from nmcu.kernels import Machine

GMAC = named("gmac")


def joined(plain: Layer) -> Layer:
    """The layer `plain` with a table of its result, in which all values are different."""
    values = np.random.default_rng(1).permutation(256).astype(np.uint8).view(np.int8)
    assert isinstance(plain.op, ops.Conv2d | ops.Linear)
    op, table = ops.looked_up(plain.op, ops.Table(function="gelu"), values)
    return dataclasses.replace(plain, op=op, constants=MappingProxyType({**plain.constants, "table": table}))


MAP, ODD = (
    Shape((8, 8, 32), 16, (3, 3), pads=(1, 1, 1, 1)),
    Shape((7, 5, 23), 13, (3, 3), pads=(1, 1, 1, 1)),
)
STEM, THINNED = Shape((11, 10, 3), 16, (3, 3), (2, 2), (0, 0, 1, 1)), Shape((9, 13, 16), 6, (1, 1), (2, 3))
NINE, TOKENS, FEW = Shape((9, 20), 64), Shape((13, 96), 50), Shape((3, 40), 9)


def test_is_the_table_of_the_clamped_result() -> None:
    plain = layer(NINE, lo=-40, hi=60)
    (x,) = testing.random_inputs(plain)
    (result,) = plain.op.reference([x], plain.constants)
    made = joined(plain)
    values = np.random.default_rng(1).permutation(256).astype(np.uint8).view(np.int8)
    (y,) = made.op.reference([x], made.constants)
    np.testing.assert_array_equal(y, values[result.astype(np.int64) + 128])
    assert (made.kind, made.op.lo, made.op.hi) == ("linear+gelu", -128, 127)


@pytest.mark.parametrize(
    ("shape", "pattern", "kind", "isa"),
    [
        (MAP, None, {"largest": 3}, XCV),
        (MAP, "1:8x4", {"mixed": True}, RV32),
        (MAP, "1:8", {"lo": -7}, GMAC),
        (ODD, None, {"mixed": True}, XCV),
        (ODD, None, {}, RV32),
        (ODD, "1:8x4", {"gain": 4.0}, XCV),
        (ODD, "1:4", {"mixed": True}, GMAC),
        (STEM, None, {"mixed": True}, XCV),
        (THINNED, None, {"hi": 50}, RV32),
        (THINNED, "1:16", {"mixed": True}, GMAC),
        (NINE, None, {}, XCV),
        (NINE, None, {"mixed": True}, XCV),
        (NINE, "1:4", {}, RV32),
        (TOKENS, None, {"gain": 4.0, "lo": 0}, XCV),
        (TOKENS, "1:8", {}, XCV),
        (TOKENS, "1:8", {"gain": 4.0}, GMAC),
        (TOKENS, "1:16x4", {"mixed": True}, XCV),
        (TOKENS, "5%", {}, RV32),
        (FEW, "1:8x4", {}, XCV),
        (FEW, "1:16", {}, GMAC),
    ],
    ids=str,
)
def test_equals_the_reference(
    shape: Shape, pattern: str | None, kind: dict[str, object], isa: InstructionSet
) -> None:
    made = joined(layer(shape, pattern, **kind))  # type: ignore[arg-type]
    machine = Machine(targets.get("cluster8"), isa)
    able = [k for k in BUILT_IN.kernels.values() if kernels.fits(k, made, machine) is None]
    wanted = {"word_gather_mac"} if isa is GMAC else {"word_gather_g1"} if pattern else {"dense_4x4"}
    assert {k.name for k in able} >= wanted
    for kernel in able:
        if not pattern or (kernel.name in wanted if isa is GMAC else kernel.packed):
            testing.check_kernel(kernel, made, isa=isa, most=2)


@pytest.mark.parametrize("target", ["cv32e40p", "ibex"])
def test_in_memory_of_one_kind(target: str) -> None:
    """The table is read where it lies."""
    isa = XCV if target == "cv32e40p" else RV32
    for made in (joined(layer(ODD)), joined(layer(NINE, "1:8x4"))):
        for name in ("word_gather_g1x8", "word_gather_g4") if made.support else ("dense_4x4", "im2col_4x4"):
            if kernels.fits(BUILT_IN.kernels[name], made, Machine(targets.get(target), isa)) is None:
                testing.check_kernel(BUILT_IN.kernels[name], made, isa=isa, target=target, most=1)
