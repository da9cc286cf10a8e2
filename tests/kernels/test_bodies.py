"""Which file of a hot loop an instruction set gets."""

from pathlib import Path

import pytest

from isas import BUILT_IN, GMAC, RV32, XCV, XDEC
from nmcu.isa import PORTABLE, Extension, InstructionSet

OTHER = InstructionSet((Extension("another", "no kernel knows it", Path()),))


@pytest.mark.parametrize(
    ("isa", "file"),
    [
        (PORTABLE, "dense_4x4.c"),
        (RV32, "dense_4x4_rv32.S"),
        (OTHER, "dense_4x4_rv32.S"),
        (XCV, "dense_4x4.S"),
        (XDEC, "dense_4x4.S"),
    ],
    ids=["this machine", "rv32", "another extension", "xcv", "xdec"],
)
def test_the_one_that_uses_most_of_the_core(isa: InstructionSet, file: str) -> None:
    assert file in {path.name for path in BUILT_IN.kernels["dense_4x4"].library(isa)}


def test_a_file_for_one_more_extension() -> None:
    library = BUILT_IN.kernels["attention_scores"].library
    for isa, file in ((XCV, "product_4x4.S"), (XDEC, "product_4x4.S"), (GMAC, "product_4x4_gmac.S")):
        assert [p.name for p in library(isa) if p.name.startswith("product_4x4")] == [file]
