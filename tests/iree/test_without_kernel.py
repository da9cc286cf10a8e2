"""Layers that nmcu reads and has no kernel for, by IREE; and what is said where nodes or regions are refused."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import nmcu
from iree_networks import Qdq, float_section, gathered, spread, turned
from nmcu.cli import main
from nmcu.errors import ModelError, PlanError
from nmcu.graph import random_inputs, reference
from nmcu.iree import IreeError, adapter
from nmcu.judge import Judge
from nmcu.operators import parse
from nmcu.registry import Registry

CASES = (
    (gathered, "'gather2' .*data in 549 pieces without a common distance; at most 512", ["gather2"]),
    (spread, "more than 6 separate axes", ["reducemax7"]),
    (turned, "more than 6 separate axes", ["transpose7 to reshape8"]),
)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as made:
        yield made


@pytest.mark.parametrize(("network", "reason", "regions"), CASES, ids=[c[0].__name__ for c in CASES])
def test_what_the_planner_refuses_without_the_fallback_runs_with_it(
    network: Callable[[], bytes],
    reason: str,
    regions: list[str],
    judge: Judge,
    tmp_path: Path,
    iree: None,
) -> None:
    file = tmp_path / "m.onnx"
    file.write_bytes(network())
    with pytest.raises(PlanError, match=reason):
        nmcu.compile(nmcu.load(file))
    graph = nmcu.load(file, fallback="iree")
    assert [layer.name for layer in graph.layers if layer.kind == "iree"] == regions
    report = nmcu.run(graph)
    assert report.bit_exact
    assert [row.name for row in report.layers if row.kernel == "iree"] == regions
    feed = random_inputs(graph, 0)
    (expected,) = judge.run(network(), [feed])
    (scale,) = (info.scale for info in graph.outputs)
    for name, found in reference.run_model(graph, feed).items():
        assert np.abs(found - expected[name]).max() <= 2.01 * (scale or 0)


def test_layers_are_asked_about_without_a_machine(tmp_path: Path) -> None:
    for network, *_ in CASES:
        (tmp_path / "m.onnx").write_bytes(network())
        layers = nmcu.load(tmp_path / "m.onnx").layers
        without = [layer.kind for layer in layers if not Registry.built_in().runs(layer)]
        assert len(without) == 1, network
        assert without[0] in ("gather", "transpose")


def _large() -> bytes:
    net = Qdq(1, 32, 32, 32)
    x = net.node("Softmax", net.node("Asinh", net.pair("input")), axis=1)
    return net.model(net.pair(net.node("CumSum", x, net.constant(np.int64(2))), 0.1))


def test_a_region_that_does_not_fit_is_refused_with_the_sizes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], iree: None
) -> None:
    file, folder = tmp_path / "m.onnx", tmp_path / "project"
    file.write_bytes(_large())
    arguments = ("compile", file, "--fallback", "iree", "--target", "ibex_small", "-o", folder)
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    assert ended.value.code
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert "node 'asinh2 to cumsum4' (iree) and its neighbours need 393,216 bytes of working memory" in said
    assert "ibex_small has 221,184 beside the program: a working memory of " in said
    assert list(tmp_path.iterdir()) == [file]


def test_the_sentence_that_refuses_an_operator_names_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _said(float_section())
    assert said.startswith("m.onnx: node 'asinh6': operator Asinh is not supported; supported: Abs, Add")
    assert said.endswith("; --fallback iree leaves it to IREE" + ("" if _has_iree() else EXTRA))
    monkeypatch.setattr(adapter, "require", _missing)
    assert _said(float_section()).endswith(f"; --fallback iree leaves it to IREE{EXTRA}")


def test_the_fallback_is_not_named_where_it_cannot_help() -> None:
    net = Qdq(1, 16)
    assert "IREE" not in _said(net.model(net.node("Cast", net.node("NonZero", net.pair("input")), to=1)))


def test_a_node_of_a_file_is_no_region() -> None:
    net = Qdq(1, 16)
    data = onnx.load_model_from_string(net.model(net.pair(net.node("Relu", net.pair("input")))))
    (node,) = (node for node in data.graph.node if node.op_type == "Relu")
    node.domain, node.op_type = "nmcu", "Region"
    node.attribute.append(helper.make_attribute("nodes", [1, 2]))
    assert "operator nmcu.Region is not supported" in _said(data.SerializeToString())


EXTRA = " (pip install 'nmcu[iree]')"


def _said(data: bytes) -> str:
    with pytest.raises(ModelError) as refused:
        parse(data, "m.onnx")
    return str(refused.value)


def _has_iree() -> bool:
    try:
        adapter.require()
    except IreeError:
        return False
    return True


def _missing() -> None:
    raise IreeError("iree-base-compiler is not installed: pip install 'nmcu[iree]'")
