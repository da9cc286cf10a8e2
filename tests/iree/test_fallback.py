"""Networks whose nodes nmcu does not all run, read with IREE for the others."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

import nmcu
from iree_networks import Qdq, alternating, custom_activation, float_section, reduction
from nmcu.cli import main
from nmcu.errors import ModelError
from nmcu.frontend import Fallback
from nmcu.frontend.from_onnx import reader
from nmcu.graph import Graph, ops, random_inputs, reference
from nmcu.graph.op import Constants
from nmcu.iree import Region
from nmcu.judge import Judge
from nmcu.operators import parse

pytestmark = pytest.mark.usefixtures("iree")

NETWORKS = [float_section, reduction, custom_activation, lambda: custom_activation(np.uint8), alternating]
NAMES = ["float section", "reduction", "custom activation", "custom activation, uint8", "alternating"]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as made:
        yield made


def read(data: bytes, alone: bool = False) -> Graph:
    return parse(data, "network.onnx", fallback=Fallback(Region, alone))


def pieces(graph: Graph) -> list[tuple[str, list[str], list[str]]]:
    """Name, types of inputs and of outputs of what IREE runs."""
    found = [layer for layer in graph.layers if isinstance(layer.op, Region)]
    return [(x.name, [t.dtype for t in x.inputs], [t.dtype for t in x.outputs]) for x in found]


@pytest.mark.parametrize("alone", [False, True], ids=["with nmcu", "alone"])
@pytest.mark.parametrize("network", NETWORKS, ids=NAMES)
def test_results_are_onnx_runtimes_within_a_step_a_layer(
    judge: Judge, network: Callable[[], bytes], alone: bool
) -> None:
    data = network()
    with pytest.raises(ModelError, match="is not supported"):
        parse(data, "network.onnx")
    graph = read(data, alone)
    assert all(dtypes == ["int8"] for _, *both in pieces(graph) for dtypes in both)
    feeds = [random_inputs(graph, seed) for seed in range(3)]
    (scale,) = (info.scale for info in graph.outputs)
    for feed, expected in zip(feeds, judge.run(data, feeds), strict=True):
        for name, found in reference.run_model(graph, feed).items():
            assert np.abs(found - expected[name]).max() <= 2.01 * (scale or 0)


def test_only_what_nmcu_does_not_run_goes_to_iree() -> None:
    assert pieces(read(float_section())) == [("asinh6 to mul9", ["int8"], ["int8"])]
    assert pieces(read(reduction())) == [("reducel26", ["int8"], ["int8"])]
    assert [name for name, *_ in pieces(read(alternating()))] == ["asinh2", "mul9 to sinh10"]
    assert len(pieces(read(float_section(), alone=True))) == 1


def test_functions_of_each_value_run_in_the_order_in_which_values_lie() -> None:
    assert "transpose" not in [layer.kind for layer in read(float_section()).layers]
    assert "transpose" in [layer.kind for layer in read(reduction()).layers]


def _branches() -> bytes:
    """IREE's nodes on both sides of a convolution, joined: they cannot be one region."""
    net = Qdq(1, 4, 8, 8)
    x = net.pair(net.node("Asinh", net.pair("input")), 0.02)
    y = net.pair(net.conv(x, 4, 4))
    return net.model(net.pair(net.node("Sinh", net.node("Mul", x, y)), 0.1))


def test_regions_are_convex() -> None:
    assert [name for name, *_ in pieces(read(_branches()))] == ["asinh2", "mul9 to sinh10"]


def _both_inside_and_out() -> bytes:
    """A tensor that leaves a region and is read on in it, after QDQ."""
    net = Qdq(1, 4, 8, 8)
    x = net.pair(net.node("Asinh", net.pair("input")), 0.02)
    return net.model(net.pair(net.node("Sinh", x), 0.02), net.pair(net.conv(x, 4, 4)), x)


def test_a_tensor_may_leave_a_region_that_reads_on_in_it(judge: Judge) -> None:
    data = _both_inside_and_out()
    graph = read(data)
    assert pieces(graph) == [("asinh2 to sinh5", ["int8"], ["int8", "int8"])]
    feed = random_inputs(graph, 1)
    (expected,) = judge.run(data, [feed])
    for name, found in reference.run_model(graph, feed).items():
        assert np.abs(found - expected[name]).max() <= 0.0501


def _indices() -> bytes:
    """Truth values and indices cannot cross a border: what makes and reads them is inside. The result is int64."""
    net = Qdq(1, 16)
    x = net.node("Asinh", net.pair("input"))
    chosen = net.node(
        "Where", net.node("Greater", x, net.constant(np.float32(0.1))), x, net.constant(np.float32(9))
    )
    return net.model(net.node("ArgMin", chosen, axis=1, keepdims=1), net.pair(chosen))


def test_what_cannot_cross_a_border_stays_inside(judge: Judge) -> None:
    data = _indices()
    graph = read(data)
    assert pieces(graph) == [("asinh2 to argmin5", ["int8"], ["int32", "int8"])]
    feed = random_inputs(graph, 0)
    (expected,) = judge.run(data, [feed])
    found = reference.run_model(graph, feed)
    assert {found[name].dtype.name for name in found} == {"int64", "float32"}
    assert all(np.array_equal(found[name], expected[name]) for name in found)


def _unquantised() -> bytes:
    net = Qdq(1, 8)
    return net.model(net.node("Tanh", net.node("Asinh", "input")))


def test_a_network_without_quantisation_is_irees_altogether() -> None:
    graph = read(_unquantised())
    assert pieces(graph) == [("asinh0 to tanh1", ["float32"], ["float32"])]
    x = np.linspace(-2, 2, 8, dtype=np.float32).reshape(1, 8)
    (found,) = reference.run_model(graph, {"input": x}).values()
    assert np.allclose(found, np.tanh(np.arcsinh(x)), atol=1e-6)


def _refused() -> bytes:
    net = Qdq(1, 2, 4, 4)
    return net.model(net.node("Det", net.node("Asinh", net.pair("input"))))


def test_what_iree_refuses_is_said_with_the_node_and_its_reason() -> None:
    with pytest.raises(
        ModelError, match=r"^network\.onnx: node 'asinh2 to det3': IREE cannot compile it: .+$"
    ):
        read(_refused())


def test_nodes_that_nothing_reads_are_found_before_the_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read_again = []
    whole = reader._graph
    monkeypatch.setattr(reader, "_graph", lambda *given: read_again.append(1) or whole(*given))
    net = Qdq(1, 8)
    x = net.pair("input")
    for _ in range(12):
        x = net.pair(net.node("Relu", net.pair(net.node("Asinh", x))))
    parse(net.model(x), "network.onnx", fallback=Fallback(_Trusted))
    assert len(read_again) == 1


def test_a_search_takes_no_network_that_it_could_not_save() -> None:
    graph = parse(float_section(), "network.onnx", fallback=Fallback(_Trusted))
    with pytest.raises(nmcu.NmcuError, match="node 'asinh6 to mul9' is run by a fallback, which has no form"):
        nmcu.search(graph, "data", target="cluster8")


class _Trusted(ops.Foreign):
    """What is not compiled."""

    def check(self, constants: Constants) -> None:
        pass


def _of_size(count: Any) -> bytes:
    model = onnx.load_model_from_string(_unquantised())
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = count
    return bytes(model.SerializeToString())


def test_unknown_shapes_are_refused_as_ever() -> None:
    with pytest.raises(ModelError, match="model input 'input' has no static shape"):
        read(_of_size("n"))


def _sizes_from_values() -> bytes:
    net = Qdq(1, 16)
    x = net.node("NonZero", net.node("Asinh", net.pair("input")))
    return net.model(net.node("Cast", x, to=TensorProto.FLOAT))


def test_a_result_whose_shape_depends_on_values_is_refused() -> None:
    with pytest.raises(ModelError, match="the shape of its result 'cast4' is not known before it runs"):
        read(_sizes_from_values())


def test_python_and_commands_name_the_fallback(tmp_path: Any) -> None:
    file = tmp_path / "m.onnx"
    file.write_bytes(float_section())
    with pytest.raises(ModelError, match="operator Asinh is not supported"):
        nmcu.load(file)
    graph = nmcu.load(file, fallback="iree")
    with pytest.raises(nmcu.NmcuError, match="is read already: give `fallback` to"):
        nmcu.compile(graph, fallback="iree")
    with pytest.raises(nmcu.NmcuError, match="unknown fallback 'tvm'; known: iree, iree-alone"):
        nmcu.load(file, fallback="tvm")
    assert nmcu.verify(file, fallback="iree", limit=2).ok


def test_layers_around_it_can_be_pruned(tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(float_section())
    network = nmcu.load(tmp_path / "network.onnx", fallback="iree")
    feeds = [random_inputs(network, seed) for seed in range(3)]
    np.savez(tmp_path / "data.npz", **{name: np.stack([feed[name] for feed in feeds]) for name in feeds[0]})
    arguments = (
        tmp_path / "network.onnx",
        "--data",
        tmp_path / "data.npz",
        "--patterns",
        "1:4",
        "--metric",
        "mse",
    )
    with pytest.raises(SystemExit) as ended:
        main(["sensitivity", *map(str, arguments), "--fallback", "iree", "--jobs", "2", "--no-verify"])
    assert not ended.value.code
