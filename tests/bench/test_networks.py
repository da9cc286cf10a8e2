"""Whole-network benchmarks give the figures that `nmcu run` gives, and say what they can measure."""

import pytest

import nmcu
from nmcu.bench import examples, networks
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
