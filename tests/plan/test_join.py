"""Sums become part of a convolution where that changes nothing but the time."""

from collections.abc import Callable

import numpy as np
import pytest

from isas import BUILT_IN, named
from maps import Maps
from nmcu import graph, plan, targets, toolchain
from nmcu.codegen import emit
from nmcu.graph import Graph
from nmcu.plan import Plan
from nmcu.sim.run import run as simulate
from small import with_working

SIZE = (25, 19)


def residual(
    swapped: bool = False, relu: bool = False, channels: int = 16, size: tuple[int, int] = SIZE
) -> Graph:
    """A sum of a convolution's result and the map before it, which another sum reads, too."""
    net = Maps(3, (1, *size, 6))
    first = net.windows(net.image, channels, 3)
    second = net.windows(first, channels, 3)
    pair = (first, second) if swapped else (second, first)
    x = net.add("sum", *pair, relu=relu)
    return net.finish(net.add("last", net.windows(x, channels, 1), first))


def two_convolutions() -> Graph:
    net = Maps(4, (1, *SIZE, 16))
    a, b = net.windows(net.image, 32, 3), net.windows(net.image, 32, 3)
    return net.finish(net.windows(net.add("sum", a, b), 4, 1))


def both_operands() -> Graph:
    net = Maps(5, (1, *SIZE, 8))
    x = net.windows(net.image, 12, 3)
    return net.finish(net.add("sum", x, x))


def read_again() -> Graph:
    net = Maps(6, (1, *SIZE, 8))
    x = net.windows(net.image, 8, 3)
    return net.finish(net.windows(net.add("sum", net.add("other", x, net.image), x), 4, 1))


def of_rows() -> Graph:
    """A tensor of another shape is added."""
    net = Maps(7, (1, *SIZE, 8))
    small = net.windows(net.image, 8, SIZE[0], 1, (0, 3, 0, 3))
    return net.finish(net.add("sum", net.windows(net.image, 8, 3), small))


def made(network: Graph, target: str = "cluster8", isa: str = "xcv", **options: object) -> Plan:
    return plan.make(network, targets.get(target), named(isa), BUILT_IN, **options)  # type: ignore[arg-type]


def kinds(planned: Plan) -> list[str]:
    return [layer.layer.kind for layer in planned.layers]


@pytest.mark.parametrize(("target", "isa"), [("cluster8", "xcv"), ("cluster8", "rv32"), ("cv32e40p", "xcv")])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_network_with_residuals_computes_the_same(target: str, isa: str, swapped: bool) -> None:
    network = residual(swapped, relu=swapped)
    planned = made(network, target, isa)
    if isa == "xcv":
        assert kinds(planned) == ["conv", "conv+add", "conv+add"]
        assert [layer.name for layer in planned.layers] == ["conv1", "conv2", "conv3"]
    feeds = network.border.encode(graph.random_inputs(network, 0))
    result = simulate(toolchain.build(emit(planned), targets.get(target), named(isa)), feeds)
    for name, expected in graph.reference.run(network, feeds).items():
        np.testing.assert_array_equal(result.outputs[name], expected)


def test_the_convolution_that_comes_last_adds_the_other_ones_result() -> None:
    assert [(x.name, x.layer.kind) for x in made(two_convolutions()).layers][:2] == [
        ("conv1", "conv"),
        ("conv2", "conv+add"),
    ]


@pytest.mark.parametrize("network", [both_operands, read_again, of_rows])
def test_a_result_that_is_needed_elsewhere_stays(network: Callable[[], Graph]) -> None:
    assert "add" in kinds(made(network()))
    assert sum(kind == "conv+add" for kind in kinds(made(network()))) == (network is read_again) * 0


@pytest.mark.parametrize(
    "options",
    [{"kernel_names": "dense_4x2"}, {"forced": {"conv2": "dense_4x2"}}, {"forced": {"sum": "add"}}],
    ids=str,
)
def test_kernels_that_the_user_chooses_run_the_layers_they_are_chosen_for(options: dict[str, object]) -> None:
    planned = made(residual(), **options)
    assert {"conv2": "conv", "sum": "add"}.items() <= {x.name: x.layer.kind for x in planned.layers}.items()


def test_channels_of_a_sum_stream_part_by_part() -> None:
    network = residual(channels=96, size=(13, 11))
    target = with_working("cluster8", 130)
    planned = plan.make(network, target, named("xcv"), BUILT_IN)
    parts = {layer.layer.kind: len(layer.parts) for layer in planned.layers}
    assert planned.chunks and parts["conv+add"] > 1
    feeds = network.border.encode(graph.random_inputs(network, 0))
    result = simulate(toolchain.build(emit(planned), target, named("xcv")), feeds)
    for name, expected in graph.reference.run(network, feeds).items():
        np.testing.assert_array_equal(result.outputs[name], expected)
