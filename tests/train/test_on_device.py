"""Networks of the recipes, sparse and exported, are bit-exact on the simulated cluster."""

import runpy
from pathlib import Path

import pytest
import torch

import nmcu
from nmcu import train as nt
from train.nets import settle

BUILD = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "train" / "models.py"))["build"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "options", "skip"),
    [
        ("vit", {"width": 64, "depth": 2, "heads": 2, "patch": 8}, ["fc", "patch"]),
        ("resnet", {"width": 16, "blocks": (1, 1)}, ["fc", "*.shortcut.*"]),
    ],
)
@pytest.mark.parametrize("pattern", ["1:8", "1:8x4"])
def test_exported_networks_run(
    tmp_path: Path, network: str, options: dict[str, object], skip: list[str], pattern: str
) -> None:
    net, sample = settle(BUILD(network, **options), (3, 32, 32)), torch.randn(8, 3, 32, 32)
    nt.sparsify(net, pattern, skip=skip)
    nt.export(net, sample, tmp_path / "net.onnx", mean=0.5, std=0.25)
    compiled = nmcu.compile(tmp_path / "net.onnx")
    assert pattern in {str(layer.pattern) for layer in compiled.graph.layers}
    assert nmcu.run(compiled).bit_exact
