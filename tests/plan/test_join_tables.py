"""Functions of a layer's results become part of it where that changes nothing but the time."""

import numpy as np
import pytest

from isas import BUILT_IN, named
from maps import Maps
from nmcu import graph, plan, targets, toolchain
from nmcu.codegen import emit
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.plan import Plan
from nmcu.sim.run import run as simulate
from nmcu.targets import Target
from small import with_working

SIZE = (25, 19)


class Functions(Maps):
    def function(self, x: TensorInfo, word: str = "tanh") -> TensorInfo:
        y = TensorInfo(f"{word}.out", (), "int8", 1 / 128, 0)
        op, constants = ops.Table.build(word, x, y, np.tanh)
        return self.append(word, op, [x], y, constants)


def convolutions(channels: int = 24, size: tuple[int, int] = SIZE) -> Graph:
    net = Functions(3, (1, *size, 8))
    x = net.function(net.windows(net.image, channels, 3), "sigmoid")
    return net.finish(net.function(net.windows(x, channels, 1)))


def linear() -> Graph:
    net = Functions(4, (17, 64))
    return net.finish(net.linear("last", net.function(net.linear("first", net.image, 160), "gelu"), 12))


def read_again() -> Graph:
    net = Functions(5, (1, *SIZE, 8))
    x = net.windows(net.image, 24, 3)
    return net.finish(net.add("sum", x, net.function(x)))


def of_depthwise() -> Graph:
    net = Functions(6, (1, *SIZE, 24))
    return net.finish(net.function(net.depthwise(net.image)))


def made(network: Graph, target: str | Target = "cluster8", isa: str = "xcv", **options: object) -> Plan:
    chip = targets.get(target) if isinstance(target, str) else target
    return plan.make(network, chip, named(isa), BUILT_IN, **options)  # type: ignore[arg-type]


def kinds(planned: Plan) -> dict[str, str]:
    return {layer.name: layer.layer.kind for layer in planned.layers}


def computes_the_same(planned: Plan, network: Graph) -> bool:
    feeds = network.border.encode(graph.random_inputs(network, 0))
    result = simulate(toolchain.build(emit(planned), planned.target, planned.isa), feeds)
    expected = graph.reference.run(network, feeds)
    return all(np.array_equal(result.outputs[name], y) for name, y in expected.items())


@pytest.mark.parametrize(
    ("target", "isa"), [("cluster8", "xcv"), ("cluster8", "rv32"), ("cv32e40p", "xcv"), ("ibex", "rv32")]
)
def test_functions_of_convolutions(target: str, isa: str) -> None:
    planned = made(convolutions(), target, isa)
    assert kinds(planned) == {"conv1": "conv+sigmoid", "conv2": "conv+tanh"}
    assert computes_the_same(planned, convolutions())


def test_functions_of_linear_layers() -> None:
    planned = made(linear())
    assert kinds(planned) == {"first": "linear+gelu", "last": "linear"}
    assert computes_the_same(planned, linear())


@pytest.mark.parametrize("network", [read_again, of_depthwise])
def test_stay_where_the_result_is_needed_or_no_kernel_looks_it_up(network: object) -> None:
    assert "tanh" in kinds(made(network())).values()  # type: ignore[operator]


@pytest.mark.parametrize(
    "options",
    [{"kernel_names": "dense_4x2"}, {"forced": {"conv1": "dense_4x2"}}, {"forced": {"sigmoid": "table"}}],
    ids=str,
)
def test_stay_where_the_user_chooses_kernels(options: dict[str, object]) -> None:
    planned = made(convolutions(), **options)
    assert {"conv1": "conv", "sigmoid": "sigmoid"}.items() <= kinds(planned).items()


def test_parts_of_a_layer_have_one_table() -> None:
    network = convolutions(96, (13, 11))
    planned = made(network, with_working("cluster8", 100))
    (layer,) = (x for x in planned.layers if x.name == "conv1")
    assert planned.chunks and len(layer.parts) > 1
    assert len({id(part.packed["table"]) for part in layer.parts}) == 1
    assert computes_the_same(planned, network)
