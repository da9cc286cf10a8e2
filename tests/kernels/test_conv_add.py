"""Kernels that add a tensor to a convolution's results equal the reference bit for bit, in assembly and in C."""

from collections.abc import Callable

import numpy as np
import pytest

from isas import BUILT_IN, RV32, XCV
from kernels.affine_layers import Shape, layer
from nmcu import kernels, targets, testing
from nmcu.graph import Layer, TensorInfo, ops
from nmcu.isa import InstructionSet
from nmcu.kernels import Machine


def joined(plain: Layer, *, first: bool = True, sign: int = 1, lo: int = -128, hi: int = 127) -> Layer:
    """The layer `plain` with a residual added to its int8 result."""
    conv, result = plain.op, plain.outputs[0]
    assert isinstance(conv, ops.Conv2d)
    r = TensorInfo("r", result.shape, "int8", result.quant[0] * 0.8, 7)
    y = TensorInfo("y", (), "int8", result.quant[0] * 1.3, -11)
    pair = (result, r) if first else (r, result)
    add, _ = ops.Add.build("sum", *pair, y, sign=sign, lo=lo, hi=hi)
    return testing.one_layer(ops.ConvAdd.joined(conv, add, first), plain.constants, [plain.inputs[0], r], [y])


def real(plain: Layer, *, ratio: float = 0.8, signs: tuple[int, int] = (1, 1), lo: int = -128) -> Layer:
    """The same with a result that is not int8; `ratio` is the residual's scale over the output's."""
    conv, (x,), (y,) = plain.op, plain.inputs, plain.outputs
    assert isinstance(conv, ops.Conv2d)
    r = TensorInfo("r", y.shape, "int8", y.quant[0] * ratio, 7)
    bias = plain.constants["bias"] + x.quant[1] * plain.constants["weight"].sum(
        axis=(1, 2, 3), dtype=np.int64
    )
    found = ops.ConvAdd.of_real(
        "layer",
        x,
        r,
        y,
        plain.constants["weight"],
        np.array(conv.weight_scale),
        bias,
        signs=signs,
        strides=conv.strides,
        pads=conv.pads,
        dilations=conv.dilations,
        lo=lo,
    )
    assert found is not None
    return testing.one_layer(*found, [x, r], [y])


LAYERS: dict[str, Callable[[Shape, str | None], Layer]] = {
    "narrow": lambda s, p: joined(layer(s, p, largest=3)),
    "saturating, relu": lambda s, p: joined(layer(s, p, gain=4.0), lo=-11),
    "subtracted": lambda s, p: joined(layer(s, p), first=False, sign=-1),
    "mixed": lambda s, p: joined(layer(s, p, mixed=True), first=False, hi=90),
    "real": lambda s, p: real(layer(s, p)),
    "real, relu6": lambda s, p: real(layer(s, p, gain=4.0), ratio=3.0, lo=-5),
    "real, subtracted, mixed": lambda s, p: real(layer(s, p, mixed=True), signs=(-1, 1), ratio=0.2),
}


MAP, ODD, COLUMN = (
    Shape((8, 8, 32), 16, (3, 3), pads=(1, 1, 1, 1)),
    Shape((7, 5, 23), 13, (3, 3), pads=(1, 1, 1, 1)),
    Shape((6, 4, 130), 33, (3, 1), pads=(1, 0, 1, 0)),
)
SMALLER, THINNED = Shape((9, 11, 20), 9, (3, 3), (2, 2), (0, 0, 1, 1)), Shape((9, 13, 16), 6, (1, 1), (2, 3))
STEM, FLAT = Shape((11, 10, 3), 16, (3, 3), (2, 2), (0, 0, 1, 1)), Shape((5, 7, 8), 18)
PIXEL = Shape((1, 1, 40), 9, (3, 3), pads=(1, 1, 1, 1))
NINE = Shape((3, 3, 20), 64)


@pytest.mark.parametrize(
    ("shape", "pattern", "kind", "isa"),
    [
        (MAP, None, "mixed", XCV),
        (MAP, "1:8x4", "real", XCV),
        (MAP, "1:8x4", "mixed", RV32),
        (ODD, None, "saturating, relu", RV32),
        (ODD, "1:8x4", "subtracted", RV32),
        (SMALLER, None, "subtracted", XCV),
        (SMALLER, "1:16", "mixed", XCV),
        (THINNED, None, "real, relu6", RV32),
        (THINNED, "1:4", "narrow", XCV),
        (COLUMN, "1:16", "real, subtracted, mixed", RV32),
        (COLUMN, None, "real", XCV),
        (STEM, None, "real, subtracted, mixed", XCV),
        (FLAT, None, "narrow", RV32),
        (FLAT, "1:8x4", "mixed", XCV),
        (FLAT, "1:4", "narrow", RV32),
        (PIXEL, None, "real", RV32),
        (PIXEL, "5%", "saturating, relu", XCV),
        (NINE, None, "real", XCV),
        (NINE, None, "real, subtracted, mixed", XCV),
    ],
    ids=str,
)
def test_equals_the_reference(shape: Shape, pattern: str | None, kind: str, isa: InstructionSet) -> None:
    made, machine = LAYERS[kind](shape, pattern), Machine(targets.get("cluster8"), isa)
    able = [k for k in BUILT_IN.kernels.values() if kernels.fits(k, made, machine) is None]
    assert {k.name for k in able} >= ({"dense_4x4", "word_gather_g1"} if pattern else {"dense_4x4"})
    for kernel in able:
        if not pattern or kernel.packed:
            testing.check_kernel(kernel, made, isa=isa)


def test_in_memory_of_one_kind() -> None:
    """Residuals are read where they lie, beside results that are written where they belong."""
    for made in (joined(layer(ODD)), real(layer(ODD, "1:8x4"))):
        for name in ("dense_4x4", "word_gather_g4") if made.support else ("dense_4x4", "im2col_4x4"):
            testing.check_kernel(BUILT_IN.kernels[name], made, isa=XCV, target="cv32e40p")
