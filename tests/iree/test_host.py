"""Networks by IREE's own runtime on this machine, nmcu's parts as external functions."""

from pathlib import Path

import numpy as np
import pytest

import nmcu
from iree_networks import Qdq, alternating
from nmcu.frontend import Fallback
from nmcu.graph import Graph, random_inputs, reference
from nmcu.host.parted import PartedProgram, parts_of
from nmcu.iree import Region, graph_of, parts
from nmcu.operators import parse, save
from nmcu.registry import Registry

MODELS = Path(__file__).parents[2] / "examples" / "models"


def read(data: bytes) -> Graph:
    return parse(data, "network.onnx", fallback=Fallback(Region))


def same(graph: Graph) -> None:
    """IREE's runtime gives what the reference says."""
    local = nmcu.iree.compile(graph, "host")
    assert isinstance(local, nmcu.iree.HostModel)
    for seed in range(2):
        feed = random_inputs(graph, seed)
        expected = reference.run_model(graph, feed)
        for name, found in local.run(feed).items():
            assert np.array_equal(found, expected[name]), name


@pytest.mark.usefixtures("iree")
def test_both_in_turn_by_irees_runtime() -> None:
    graph = read(alternating())
    assert [part.foreign for part in parts(graph)] == [True, False, True, False]
    same(graph)


def _two_ways() -> bytes:
    """A part with two outputs, one of them a sum of accumulators in float, and IREE's with two inputs."""
    net = Qdq(1, 4, 8, 8)
    x = net.pair("input")
    a, b = net.conv(x, 4, 4), net.pair(net.conv(x, 4, 4))
    return net.model(net.pair(net.node("Sinh", net.node("Mul", a, net.node("Asinh", b))), 0.1), b)


@pytest.mark.usefixtures("iree")
def test_parts_with_several_tensors_and_floats() -> None:
    graph = read(_two_ways())
    (region,) = [part for part in parts(graph) if part.foreign]
    assert [info.dtype for info in region.inputs] == ["int8", "float32"]
    same(graph)


@pytest.mark.usefixtures("iree")
@pytest.mark.parametrize("model", ["resnet8_dense", "resnet8_1x8"])
def test_networks_of_nmcus_alone_are_one_external_function(model: str) -> None:
    graph = nmcu.load(MODELS / f"{model}.onnx", fallback="iree")
    assert [part.foreign for part in parts(graph)] == [False]
    same(graph)


@pytest.mark.slow
@pytest.mark.usefixtures("iree")
@pytest.mark.parametrize("model", ["resnet8", "kws_dscnn", "ad_autoencoder"])
def test_mlperf_tiny_as_qdq(test_data: Path, tmp_path: Path, model: str) -> None:
    save(nmcu.load(test_data / "mlperf_tiny" / f"{model}_int8.tflite"), tmp_path / "m.onnx")
    same(nmcu.load(tmp_path / "m.onnx", fallback="iree"))


@pytest.mark.usefixtures("iree")
def test_a_partition_is_a_table(tmp_path: Path) -> None:
    file = tmp_path / "m.onnx"
    file.write_bytes(alternating())
    found = nmcu.iree.partition(file)
    assert [row["runs"] for row in found.rows()] == ["IREE", "nmcu", "IREE", "nmcu"]
    assert str(found).splitlines()[1].split() == ["part", "runs", "layers", "MACs", "reads", "writes"]
    assert "int8 1x16x16x4" in str(found)


@pytest.mark.usefixtures("iree")
def test_a_part_of_nmcus_is_a_network_of_its_own() -> None:
    graph = read(alternating())
    part = parts(graph)[1]
    own = graph_of(part)
    (x,) = part.inputs
    codes = np.random.default_rng(0).integers(-128, 128, x.shape).astype(np.int8)
    (found,) = reference.run(own, {x.name: codes}).values()
    (expected,) = part.layers[0].op.reference([codes], part.layers[0].constants)
    assert np.array_equal(found, expected)


@pytest.mark.usefixtures("iree")
def test_programs_of_this_machine_run_irees_parts_by_its_own_build() -> None:
    graph = read(_two_ways())
    registry = Registry.built_in()
    program = PartedProgram(graph, parts_of(graph, registry.target("cluster8"), registry.isa("xcv")))
    feeds = graph.border.encode(random_inputs(graph, 3))
    expected = reference.run(graph, feeds)
    assert all(np.array_equal(found, expected[name]) for name, found in program.run(feeds).items())
