"""The table of published claims, from made-up rows."""

from pathlib import Path

import pytest

from nmcu.bench.kernels import KernelRow
from nmcu.bench.networks import NetworkRow
from nmcu.bench.paper import PaperRow, kernel_rows, network_rows
from nmcu.bench.paper.hardware import HEADLINE_SHAPES, headline
from nmcu.bench.paper.layers import CONVOLUTIONS
from nmcu.bench.paper.markdown import ON_RTL, table
from nmcu.bench.plot_paper import plot_paper
from nmcu.errors import NmcuError


def _row(
    shape: str, pattern: str, kernel: str, cycles: int, isa: str = "xcv", packed: bool = True
) -> KernelRow:
    return KernelRow(
        shape, "conv", pattern, kernel, isa, packed, cycles, 9000, 900, 9000 / cycles, None, None, 1, 1, True, {}
    )  # fmt: skip


def _values(row: PaperRow) -> tuple[float | None, ...]:
    return row.published, row.published_kernels, row.best, row.gmac


@pytest.fixture
def layers() -> list[PaperRow]:
    rows = []
    for shape in CONVOLUTIONS:
        rows += [
            _row(shape, "dense", "dense_4x2", 1000, packed=False),
            _row(shape, "dense", "dense_4x4", 800, packed=False),
            _row(shape, "dense", "dense_1x2", 1500, packed=False),
            _row(shape, "1:8", "published_conv", 500),
            _row(shape, "1:8", "published_conv_xdec", 125, "xdec"),
            _row(shape, "1:8", "word_gather_g1x8", 200),
            _row(shape, "1:8", "word_gather_mac", 100, "gmac"),
            _row(shape, "1:8x4", "word_gather_g4", 100),
        ]
    return kernel_rows(rows)


def test_rows_compare_with_the_published_figures(layers: list[PaperRow]) -> None:
    found = {row.claim: row for row in layers}
    software = found["convolution 1:8 in software over the dense 4x2 loop"]
    assert _values(software) == (2.1, 2.0, 5.0, 10.0)
    assert "1:8x4: 10.00" in software.detail
    blocking = found["convolution 1:8 in software over the dense loop of their own blocking, 1x2"]
    assert _values(blocking) == (2.1, 3.0, 7.5, 15.0)
    gain = found["convolution 1:8: xDecimate over the published software kernel (at most)"]
    assert _values(gain) == (1.9, 4.0, 4.0, 5.0)
    missing = found["convolution 1:16 in software over the dense 4x2 loop"]
    assert _values(missing) == (3.4, None, None, None)
    dense = found["dense convolution on eight cores (PULP-NN's peak)"]
    assert _values(dense) == (15.5, 9.0, 11.25, 11.25)


def test_networks_compare_with_the_published_figures() -> None:
    def row(pattern: str, isa: str, kernels: str, cycles: int) -> NetworkRow:
        return NetworkRow(
            "resnet18", pattern, isa, kernels, cycles, 1000, 10.0, None, 1, 1, 1, 100, True, None, {}
        )

    rows = [
        row("dense", "xcv", "*", 1000),
        row("dense", "gmac", "*", 500),
        row("1:16", "xcv", "published*", 800),
        row("1:16", "xdec", "published*", 400),
        row("1:16", "xcv", "*", 250),
        row("1:16", "gmac", "*", 100),
        row("1:16x4", "xcv", "*", 200),
    ]
    (found,) = network_rows(rows)
    assert _values(found) == (3.21, 2.5, 4.0, 10.0), "all over the dense network in software"
    assert "1:16x4: 5.00" in found.detail


def test_headline_layers_are_those_of_gmac_and_what_they_compare_with() -> None:
    found = headline()
    assert {c.shape for c in found if c.isa == "gmac"} == set(HEADLINE_SHAPES)
    assert {c.pattern for c in found if c.kernel == "word_gather_mac"} >= {"1:8", "1:16"}
    assert {"dense_4x4", "dense_1x2", "published_conv_xdec"} <= {c.kernel for c in found}


def test_the_table_of_the_documents(layers: list[PaperRow]) -> None:
    lines = table([*layers, PaperRow("simulator", ON_RTL, None, None, None, 0.0, "")]).splitlines()
    assert len(lines) == 2 + len(layers)
    assert (
        "| convolution 1:8 in software over the dense 4x2 loop, times faster | 2.10 | 2.00 | 5.00 | 10.00 |"
        in lines
    )


def test_the_figure_is_drawn(layers: list[PaperRow], tmp_path: Path) -> None:
    plot_paper(layers, tmp_path / "paper.png")
    assert (tmp_path / "paper.png").stat().st_size > 10_000
    with pytest.raises(NmcuError, match="nothing to draw"):
        plot_paper([row for row in layers if row.unit != "times faster"], tmp_path / "none.png")
