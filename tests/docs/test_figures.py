"""The README's figures are what its commands give, to within three per cent: a kernel may be tuned without an edit."""

import re
from pathlib import Path

import pytest

import nmcu
from nmcu.bench.measure import Case, measure
from nmcu.graph import Graph
from nmcu.graph.prune import choose, prune
from nmcu.sparsity import NMPattern

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
NEAR = 0.03


def cycles(row: str) -> int:
    """The first number with thousands separators in the README's table row that starts with `row`."""
    (line,) = [line for line in README.splitlines() if line.startswith(f"| {row} |")]
    match = re.search(r"\b\d+(?:,\d{3})+\b", line)
    assert match
    return int(match[0].replace(",", ""))


@pytest.mark.parametrize(
    ("row", "pattern"),
    [
        ("dense", "dense"),
        ("1:8", "1:8"),
        ("1:16", "1:16"),
        ("1:8, groups of four channels", "1:8x4"),
        ("1:16, groups of four channels", "1:16x4"),
    ],
)
def test_layers(row: str, pattern: str) -> None:
    (kernel,) = re.findall(rf"^\| {row} \| `(\w+)`", README, re.MULTILINE)
    found = measure(Case("conv3x3_16x16x64_64", pattern, kernel, "xcv"))
    assert found is not None and found.bit_exact
    assert found.cycles == pytest.approx(cycles(row), rel=NEAR)


@pytest.mark.parametrize(
    ("row", "file", "pattern"),
    [
        ("MLPerf Tiny ResNet8, dense", "resnet8_int8.tflite", None),
        ("the same, pruned to 1:8", "resnet8_int8.tflite", "1:8"),
        ("the same, pruned to 1:8x4", "resnet8_int8.tflite", "1:8x4"),
        ("MLPerf Tiny keyword spotting (DS-CNN)", "kws_dscnn_int8.tflite", None),
    ],
)
def test_networks(row: str, file: str, pattern: str | None, test_data: Path) -> None:
    model: Graph = nmcu.load(test_data / "mlperf_tiny" / file)
    if pattern is not None:
        parsed = NMPattern.parse(pattern)
        model = prune(model, {c.layer.name: parsed for c in choose(model, parsed) if c.reason is None})
    report = nmcu.run(model)
    assert report.bit_exact
    assert report.cycles == pytest.approx(cycles(row), rel=NEAR)
