"""Each step of IREE's schedule is a row of the report."""

import json
import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from onnx import helper

import nmcu
from iree_models import model, region
from iree_networks import float_section
from nmcu.frontend import Fallback
from nmcu.graph import Graph
from nmcu.iree import Region
from nmcu.operators import parse
from nmcu.report import RunReport, html, trace

pytestmark = pytest.mark.usefixtures("iree")


def products() -> Graph:
    """Two products, one after the other."""
    weights = {
        "v": np.linspace(-1, 1, 16 * 64, dtype=np.float32).reshape(16, 64),
        "w": np.linspace(-1, 1, 64 * 16, dtype=np.float32).reshape(64, 16),
    }
    nodes = [helper.make_node("MatMul", ["x", "v"], ["a"]), helper.make_node("MatMul", ["a", "w"], ["y"])]
    return region(model(nodes, {"x": (1, 16)}, {"y": (1, 16)}, weights))


def sliced() -> Graph:
    return parse(float_section(), "network.onnx", fallback=Fallback(Region))


def dispatches(report: RunReport) -> Sequence[str]:
    return [part.name for layer in report.layers for part in layer.parts if part.name.startswith("dispatch_")]


@pytest.mark.parametrize("network", [products, sliced])
@pytest.mark.parametrize("target", ["cluster8", "rp2350"])
def test_parts_and_rest_are_the_layers_cycles(network: Callable[[], Graph], target: str) -> None:
    report = nmcu.run(network(), target=target)
    assert report.bit_exact
    for layer in report.layers:
        assert bool(layer.parts) == (layer.kernel == "iree")
        assert layer.rest_cycles + sum(part.cycles for part in layer.parts) == layer.cycles
        assert all(part.cycles > 0 for part in layer.parts)
        if layer.parts:
            assert 0 < layer.rest_cycles < layer.cycles / 4
    assert all(re.match(r"dispatch_\d+_\w+", name) for name in dispatches(report))


def test_dispatches_are_called_as_iree_calls_them() -> None:
    report = nmcu.run(products())
    assert dispatches(report) == ["dispatch_0_matmul_1x64x16_f32", "dispatch_1_matmul_1x16x64_f32"]


def test_parts_are_in_the_page_and_in_the_trace() -> None:
    report = nmcu.run(products(), record=True)
    page = html(report)
    assert all(f"└ {name}" in page for name in (*dispatches(report), "rest"))
    events = [e for e in json.loads(trace(report))["traceEvents"] if e["ph"] == "X"]
    layers = {(e["pid"], e["tid"]): e for e in events if e["name"] == "piece" and e["pid"] < 2}
    assert len(layers) == 9  # one of the network, one on each core
    for place, layer in layers.items():
        parts = [e for e in events if (e["pid"], e["tid"]) == place and e["name"].startswith("dispatch_")]
        assert [e["name"] for e in parts] == list(dispatches(report))
        edges = [layer["ts"], *(t for e in parts for t in (e["ts"], e["ts"] + e["dur"]))]
        assert edges == pytest.approx(sorted(edges))
        assert edges[-1] == pytest.approx(layer["ts"] + layer["dur"])
    assert not any(e["name"].startswith("tile") for e in events)


def test_of_several_runs_parts_are_the_mean_runs() -> None:
    report = nmcu.run(products(), steps=3)
    (layer,) = report.layers
    assert layer.rest_cycles + sum(part.cycles for part in layer.parts) == layer.cycles
    assert [span.part for span in report.part_timeline if span.core == 0] == list(dispatches(report))
