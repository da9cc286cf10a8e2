"""Whole-network benchmarks give the figures that `nmcu run` gives, and say what they can measure."""

from pathlib import Path

import pytest

import nmcu
from networks import conv_linear
from nmcu import operators
from nmcu.bench import examples, networks
from nmcu.cli import main
from nmcu.errors import NmcuError


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["dense", "1:8"])
def test_a_row_has_the_cycles_of_nmcu_run(pattern: str) -> None:
    row = networks.measure(networks.NetworkCase("resnet8", pattern, "xcv"))
    report = nmcu.run(examples.EXAMPLES / f"resnet8_{pattern.replace(':', 'x')}.onnx")
    assert row.bit_exact
    assert row.cycles == report.cycles
    assert row.macs == report.macs
    assert row.top1 is not None and row.top1 > 75


def test_dense_comes_first_and_published_kernels_beside_ours() -> None:
    found = [(c.pattern, c.kernels) for c in networks.cases("resnet18", ["1:4", "1:8"], ["xcv"], "*")]
    assert found == [("dense", "*"), ("1:4", "*"), ("1:8", "*"), ("1:8", "published*")]


def test_an_unknown_network_is_named_with_the_known_ones() -> None:
    with pytest.raises(NmcuError, match=r"no network matches 'resnet50'; networks: resnet18, vit, resnet8"):
        networks.bench_networks("resnet50")


def test_a_network_that_cannot_be_measured_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlperf_tiny").mkdir()
    (tmp_path / "mlperf_tiny" / "broken.tflite").write_bytes(b"no model")
    operators.save(conv_linear(), tmp_path / "small_dense.onnx")
    monkeypatch.setenv("NMCU_TEST_DATA", str(tmp_path))
    monkeypatch.setattr(examples, "EXAMPLES", tmp_path)
    found = networks.bench_networks("[ms]*", ["1:8"], ["xcv"], jobs=1)
    assert [(row.network, row.pattern, row.bit_exact) for row in found] == [
        ("small", "dense", True),
        ("small", "1:8", True),
    ]
    assert found.measured[1].speedup_vs_dense is not None
    assert {failure.case for failure in found.failures} == {
        "mlperf_broken dense xcv",
        "mlperf_broken 1:8 xcv",
    }
    assert "broken.tflite" in found.failures[0].message


def test_a_figure_of_unknown_form_is_refused_before_measuring(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="1"):
        main(["bench", "networks", "--plot", "figure.xyz"])
    assert "supported are .png, .svg, .pdf" in capsys.readouterr().err
