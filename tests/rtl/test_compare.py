"""Calibration in small: one kernel of each family on the RTL, one core and eight."""

from pathlib import Path

import pytest

from nmcu import operators
from nmcu.bench.against_rtl import Case, cases, compare_kernels, compare_networks
from nmcu.bench.vit import VitShape, vit

FAMILIES = (
    Case("conv3x3_5x5x19_9", "dense", "dense_4x4", "xcv"),
    Case("conv3x3_7x7x3_9", "dense", "im2col_4x4", "xcv"),
    Case("conv1x1_5x6x8_12", "dense", "dense_4xn", "xcv"),
    Case("linear_64_32_t1", "dense", "dense_4x1", "xcv"),
    Case("conv3x3_4x4x32_8", "1:8", "published_conv", "xcv"),
    Case("conv3x3_4x4x32_8", "1:8", "published_conv_xdec", "xdec"),
    Case("conv3x3_4x4x32_8", "1:8", "word_gather_mac", "gmac"),
    Case("linear_64_32_t1", "1:8", "byte_gather_mac", "gmac"),
    Case("linear_64_32_t1", "1:4x4", "byte_gather_mac_g4", "gmac"),
    Case("conv3x3_4x4x32_8", "1:8", "word_gather_g1", "xcv"),
    Case("conv3x3_5x5x19_9", "dense", "dense_4x4", "rv32"),
    Case("conv3x3_4x9x32_8", "1:8", "word_gather_g1x8", "rv32"),
    Case("depthwise3x3_7x6x9", "dense", "depthwise_3x3", "rv32"),
    Case("depthwise3x3_7x6x9", "dense", "depthwise_columns", "xcv"),
    Case("depthwise3x3s2_9x10x9", "dense", "depthwise_columns", "xcv"),
    Case("depthwise2x2_7x6x9", "dense", "depthwise_words", "xcv"),
    Case("depthwise7x7s2_7x6x9", "dense", "depthwise_taps", "xcv"),
    Case("depthwise7x7s2_7x6x9", "dense", "depthwise_taps", "rv32"),
)


@pytest.mark.slow
@pytest.mark.parametrize("case", FAMILIES, ids=str)
def test_cycles_agree(case: Case) -> None:
    one, eight = compare_kernels([case], cores=(1, 8))
    assert abs(one.error_percent) <= 1.0, one
    assert abs(eight.error_percent) <= 2.0, eight


@pytest.mark.slow
def test_a_headline_layer_takes_the_cycles_of_the_rtl() -> None:
    """The shortest of gmac's; docs/rtl.md has the command for the others."""
    case = Case("conv3x3_8x8x128_128", "1:16", "word_gather_mac", "gmac")
    (found,) = compare_kernels([case], cores=(8,))
    assert found.iss_cycles == found.rtl_cycles


@pytest.mark.slow
def test_a_transformer_takes_the_cycles_of_the_rtl(tmp_path: Path) -> None:
    """Attention's products with gmac among its layers: 17 tokens, reductions of odd and even words."""
    file = tmp_path / "vit.onnx"
    operators.save(vit(shape=VitShape(image=16, width=60, blocks=2, heads=3, hidden=64)), file)
    rows = list(compare_networks([file], "gmac"))
    products = [row for row in rows if row.program.endswith((".scores", ".values"))]
    assert len(products) == 4 and all(row.iss_cycles == row.rtl_cycles for row in products)
    assert abs(rows[-1].error_percent) < 0.01


def test_shapes_and_kernels_are_chosen() -> None:
    found = list(cases(["conv3x3_4x4x32_8"], ["1:8"], "*mac*"))
    assert found == [Case("conv3x3_4x4x32_8", "1:8", "word_gather_mac", "gmac")]


def test_every_kernel_has_a_case() -> None:
    found = list(cases(["conv3x3_7x7x33_17"], ["dense", "1:8"]))
    assert {case.kernel for case in found} >= {case.kernel for case in FAMILIES if "conv" in case.kernel}
    assert {case.isa for case in found if case.kernel.endswith("xdec")} == {"xdec"}
