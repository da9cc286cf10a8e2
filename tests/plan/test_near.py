"""Maps that stay in compute memory, and constants that come there before their layer begins."""

from itertools import combinations

import numpy as np
import pytest

import nmcu
from isas import BUILT_IN, RV32, XCV
from nmcu import codegen, graph, host, plan, targets
from nmcu.bench.calibrated import CalibratedBuilder
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.plan import Plan
from nmcu.sparsity import NMPattern

CLUSTER8 = targets.get("cluster8")


def blocks(size: int = 12, channels: int = 16, pattern: str | None = None) -> Graph:
    """Convolution, two blocks of depthwise (stride 1, then 2) and 1x1 with a sum around the first, average, scores."""
    net = CalibratedBuilder(NMPattern.parse(pattern) if pattern else None, 0, (1, size, size, 3))
    x = first = net.conv("stem", net.image, channels, 3, relu=True)
    x = net.conv("pointwise0", _depthwise(net, "depthwise0", x, 1), channels, 1, relu=False)
    x = net.conv("conv", net.add("sum", first, x), channels, 3, relu=True)
    x = net.conv("pointwise1", _depthwise(net, "depthwise1", x, 2), 2 * channels, 1, relu=True)
    op, constants = ops.AveragePool.build("pool", x, x, kernel=x.shape[1:3])
    x = net.append("pool", op, [x], TensorInfo("pool.out", (), "int8", *x.quant), constants)
    flat = TensorInfo("flat", (), "int8", *x.quant)
    x = net.append("flatten", ops.Reshape(shape=(1, x.shape[-1])), [x], flat, {})
    return net.finish(net.linear("scores", x, 10))


def _depthwise(net: CalibratedBuilder, name: str, x: TensorInfo, stride: int) -> TensorInfo:
    weight = np.clip(np.round(net.random.normal(0, 40, (3, 3, x.shape[-1]))), -127, 127).astype(np.int8)
    scale, bias = np.full(x.shape[-1], 0.01), np.zeros(x.shape[-1], np.int64)
    y = TensorInfo(f"{name}.out", (), "int8", x.quant[0] * 0.7, -128)
    op, constants = ops.Depthwise.build(
        name, x, y, weight, scale, bias, strides=(stride, stride), pads=(1, 1, 1, 1)
    )
    return net.append(name, op, [x], y, constants)


def planned(network: Graph) -> Plan:
    return plan.make(network, CLUSTER8, XCV, BUILT_IN)


NETWORKS = {
    "small": blocks(),
    "odd": blocks(7, 5),
    "one pixel": blocks(1, 4),
    "one that fills the memory": blocks(40, 32),
    "some maps too large": blocks(64, 24),
    "sparse": blocks(16, 32, "1:8"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_lies_in_compute_memory_at_the_same_time_is_apart(name: str) -> None:
    made = planned(NETWORKS[name])
    assert made.l1_peak_bytes <= CLUSTER8.compute_bytes
    used = [
        {made.aliases.get(t.name, t.name) for t in (*x.layer.inputs, *x.layer.outputs)} for x, _ in made.steps
    ]
    for step, (_, part) in enumerate(made.steps):
        maps = [
            place
            for root, place in made.near.items()
            if any(root in u for u in used[: step + 1]) and any(root in u for u in used[step:])
        ]
        ahead = [b for _, each in made.steps[step : step + 2] for b in each.ahead.values()]
        buffers = [b for name, b in part.l1.items() if b.bytes and name not in part.ahead]
        for a, b in combinations([*maps, *ahead, *buffers], 2):
            assert a.end <= b.offset or b.end <= a.offset, (step, a, b)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_run_exactly_and_as_fast_as_predicted(name: str) -> None:
    found = nmcu.run(NETWORKS[name], target="cluster8")
    made = planned(NETWORKS[name])
    assert found.bit_exact
    assert made.predicted_cycles == pytest.approx(found.cycles, rel=0.12, abs=4000)


@pytest.mark.parametrize("name", NETWORKS)
def test_programs_keep_within_their_memory(name: str) -> None:
    network = NETWORKS[name]
    program = codegen.emit(plan.make(network, CLUSTER8, host.ISA, BUILT_IN))
    feeds = network.border.encode(graph.random_inputs(network, 1))
    found = host.run_sanitized(program, feeds)
    for output, expected in graph.reference.run(network, feeds).items():
        np.testing.assert_array_equal(found[output], expected)


def test_small_maps_and_constants_move_neither_in_nor_out() -> None:
    made = planned(NETWORKS["small"])
    assert not made.tensors and made.arena_bytes == 0
    layers = {layer.name: layer.parts[0] for layer in made.layers if layer.parts}
    assert layers["pointwise0"].near == {"input0", "input1", "output", "constants"}  # with the sum behind it
    assert layers["pointwise0"].dma_cycles == layers["depthwise0"].dma_cycles == 0
    assert layers["stem"].near == {"output"}  # nothing runs before it, and its input comes from outside
    assert layers["scores"].near == {"input0", "constants"}


def test_maps_without_room_stay_in_working_memory() -> None:
    made = planned(NETWORKS["some maps too large"])
    assert made.tensors and made.near
    assert max(b.bytes for b in made.tensors.values()) > min(b.bytes for b in made.near.values())


@pytest.mark.parametrize("target", ["cv32e40p", "esp32c3"])
def test_one_memory_has_nothing_to_bring_or_keep(target: str) -> None:
    chip = targets.get(target)
    made = plan.make(NETWORKS["small"], chip, XCV if chip.core.isa else RV32, BUILT_IN)
    assert not made.near and not any(part.near or part.ahead for _, part in made.steps)
