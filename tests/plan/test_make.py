"""Plans of whole networks: golden text, streaming from L3, and what is refused."""

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import golden
import nmcu
from isas import BUILT_IN, XCV, named
from networks import conv, conv_linear
from nmcu import graph, host, plan, sparsity, targets, toolchain
from nmcu.codegen import emit
from nmcu.errors import PlanError
from nmcu.graph import Builder, Graph, Layer, TensorInfo, ops
from nmcu.host import HostProgram
from nmcu.plan import Plan
from nmcu.plan.activations import place_activations, search_chains
from nmcu.plan.parts import split
from nmcu.plan.shared import Shared
from nmcu.sim.run import run as simulate
from nmcu.sparsity import NMPattern, mask
from nmcu.targets import MemoryHierarchy, Role, Target

HERE = Path(__file__).parent
CLUSTER8 = targets.get("cluster8")


def chain(channels: list[int], size: int = 4, pattern: str | None = None, kernel: int = 3) -> Graph:
    """int8 map (1, size, size, channels[0]) -> convolutions to each of the other numbers of channels."""
    rng = np.random.default_rng(0)
    builder = Builder("chain")
    shape = (1, size, size, channels[0])
    x = builder.input(
        TensorInfo("map", shape, "int8"), TensorInfo("t0", shape, "int8", 0.05, 1), (0, 1, 2, 3)
    )
    for number, (cin, cout) in enumerate(itertools.pairwise(channels), 1):
        weight = rng.integers(-90, 91, (cout, kernel, kernel, cin)).astype(np.int8)
        if pattern:
            weight = (weight * mask(weight, NMPattern.parse(pattern))).astype(np.int8)
        y = TensorInfo(f"t{number}", (1, size, size, cout), "int8", 0.05, 0)
        scale = np.full(cout, 0.02 / (kernel * cin**0.5))
        pads = (kernel // 2,) * 4
        op, constants = ops.Conv2d.build(f"conv{number}", x, y, weight, scale, None, pads=pads)
        (x,) = builder.add(f"conv{number}", op, [x], [y], constants)
    builder.output(x, TensorInfo("result", x.shape, "int8"), (0, 1, 2, 3), x.shape)
    return builder.finish()


def without_predictions(data: Any) -> Any:
    """Plan JSON without what changes whenever the cost model is fitted again."""
    if isinstance(data, dict):
        return {k: without_predictions(v) for k, v in data.items() if not k.startswith("predicted")}
    return [without_predictions(item) for item in data] if isinstance(data, list) else data


def equals_reference_on_host(network: Graph, planned: Plan) -> bool:
    program = emit(planned)
    feeds = network.border.encode(graph.random_inputs(network, 0))
    found = HostProgram(program, host.build(program)).run(feeds)
    expected = graph.reference.run(network, feeds)
    return all(np.array_equal(found[name], expected[name]) for name in expected)


def test_golden_plan() -> None:
    planned = plan.make(conv_linear(zeros_every=8), CLUSTER8, XCV, BUILT_IN)
    text = json.dumps(without_predictions(planned.to_json()), indent=1) + "\n"
    golden.check(text, HERE / "conv_linear.json")


def test_a_plan_is_json_data() -> None:
    made = plan.make(conv(4, 8), CLUSTER8, XCV, BUILT_IN).to_json()
    assert json.loads(json.dumps(made)) == made


def test_buffers_of_a_part_do_not_overlap_and_fit_l1() -> None:
    for _, part in plan.make(chain([64, 96, 256, 40], size=8), CLUSTER8, XCV, BUILT_IN).steps:
        spans = sorted((b.offset, b.end) for b in part.l1.values())
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
        assert spans[-1][1] <= CLUSTER8.compute_bytes


def test_constants_that_fit_l2_stay_there() -> None:
    planned = plan.make(chain([64, 128, 128]), CLUSTER8, XCV, BUILT_IN)
    assert planned.chunks == () and planned.ring_bytes == planned.l3_bytes == 0


def small_l2(kib: int) -> Target:
    """cluster8 with less L2, so that small networks need what large ones need on the real one."""
    levels = [
        dataclasses.replace(level, size=kib * 1024) if Role.WORKING in level.roles else level
        for level in CLUSTER8.memory.levels
    ]
    return dataclasses.replace(CLUSTER8, memory=dataclasses.replace(CLUSTER8.memory, levels=tuple(levels)))


@pytest.mark.parametrize(
    ("isa", "pattern", "kib"),
    [("xcv", None, 180), ("rv32", None, 180), ("xcv", "1:8x4", 105), ("xdec", "1:4", 120)],
)
def test_weights_too_large_for_l2_stream_from_l3(isa: str, pattern: str | None, kib: int) -> None:
    """Several layers, one of them larger than a quarter of L2 by itself and so run in parts; a second run waits for its
    own transfers, too."""
    network = chain([64, 96, 160, 64, 16], size=2, pattern=pattern)
    target = small_l2(kib)
    planned = plan.make(network, target, named(isa), BUILT_IN)
    assert planned.chunks and planned.l3_bytes > planned.ring_bytes > 0
    assert planned.l2_peak_bytes <= target.working_bytes
    assert max(len(layer.parts) for layer in planned.layers) > 1
    assert sum(layer.wait_cycles for layer in planned.layers) > 0
    feeds = [network.border.encode(graph.random_inputs(network, seed)) for seed in range(2)]
    result = simulate(toolchain.build(emit(planned), CLUSTER8, named(isa)), feeds[0], later=feeds[1:])
    for step, feed in zip(result.steps, feeds, strict=True):
        for name, expected in graph.reference.run(network, feed).items():
            np.testing.assert_array_equal(step[name], expected)


def test_parts_cover_a_layer_once_and_run_on_the_host() -> None:
    network = chain([64, 96, 160, 64, 16], size=2)
    planned = plan.make(network, small_l2(180), host.ISA, BUILT_IN)
    for layer in planned.layers:
        ends = [part.first_channel + part.layer.outputs[0].shape[-1] for part in layer.parts]
        assert [part.first_channel for part in layer.parts] == [0, *ends[:-1]]
        assert ends[-1] == layer.layer.outputs[0].shape[-1]
    assert planned.chunks
    assert equals_reference_on_host(network, planned)


def test_a_part_keeps_the_pattern_of_its_layer() -> None:
    """Its own weights may be sparser, with positions that differ between the channels of a group."""
    weight = np.zeros((16, 1, 1, 32), np.int8)
    weight[:8, ..., [3, 9, 17, 30]] = 5
    weight[8:, ..., [3, 17]] = 7
    weight[8::2, ..., [3, 17]] = 0
    weight[8::2, ..., [9, 30]] = 7
    x = TensorInfo("x", (1, 2, 2, 32), "int8", 0.1, 0)
    y = TensorInfo("y", (1, 2, 2, 16), "int8", 0.1, 0)
    op, constants = ops.Conv2d.build("conv", x, y, weight, np.full(16, 0.01), None)
    layer = Layer("conv", op, (x,), (y,), constants)
    assert str(layer.pattern) == "1:8x4"
    (_, first), (_, second) = split(layer, 1000, 500)
    assert str(sparsity.detect(second.constants["weight"])) == "1:16"
    assert first.pattern == second.pattern == layer.pattern


def test_a_network_of_real_size_streams() -> None:
    """A 3x3 convolution of 512 to 384 channels: 1.8 MB of weights, more than all of L2."""
    report = nmcu.run(chain([512, 384], size=1))
    assert report.bit_exact
    assert report.memory.l3_bytes > 512 * 384 * 9


def test_a_network_that_only_passes_its_input_on_is_refused() -> None:
    b = Builder()
    x = b.input(
        TensorInfo("x", (4, 8), "int8"), TensorInfo("x.device", (4, 8), scale=0.1, zero_point=0), (0, 1)
    )
    b.output(x, TensorInfo("y", (4, 8), "int8"), (0, 1), (4, 8))
    with pytest.raises(PlanError, match="the network computes nothing"):
        nmcu.compile(b.finish())


def test_activations_that_leave_nothing_for_constants_are_refused() -> None:
    room = CLUSTER8.working_bytes - CLUSTER8.program_bytes
    pixels = room // 16
    x = TensorInfo("x", (1, 1, pixels, 8), "int8", 0.1, 0)
    y = TensorInfo("y", (1, 1, pixels, 8), "int8", 0.1, 0)
    with pytest.raises(
        PlanError,
        match=f"inputs, outputs and states need {room:,} bytes of working memory, cluster8 has {room:,}",
    ):
        search = search_chains([], [y], {}, CLUSTER8, lambda layer: 0)
        place_activations(search, [x], [y], [], Shared(), CLUSTER8, 16)


def test_constants_that_cannot_stream_are_refused() -> None:
    """Those of small layers stay in L2."""
    network = chain([8] * 40, size=1, kernel=1)
    with pytest.raises(
        PlanError, match=r"constants that do not stream need [\d,]+ bytes of memory, cluster8 has [\d,]+ left"
    ):
        plan.make(network, small_l2(66), XCV, BUILT_IN)


def test_weights_that_are_too_large_are_refused_with_both_sizes() -> None:
    network = chain([64, 96, 160, 64, 16], size=2)
    small = small_l2(180)
    levels = tuple(level for level in small.memory.levels if Role.BULK not in level.roles)
    alone = dataclasses.replace(small, memory=MemoryHierarchy(levels, small.memory.links[:1]))
    with pytest.raises(
        PlanError, match=r"weights need [\d,]{7} bytes of memory, [\d,]{6,} are left beside code"
    ):
        plan.make(network, alone, XCV, BUILT_IN)
    with pytest.raises(
        PlanError, match=r"need 896 bytes .* 11,648 for buffers and constants, cluster8 has 6,144 .* would do"
    ):
        plan.make(network, small_l2(70), XCV, BUILT_IN)


def test_unknown_kernels_and_layers_are_named() -> None:
    with pytest.raises(PlanError, match="there is no kernel 'fastest'; for conv: dense_1x2, dense_4x1, "):
        plan.make(conv(4, 8), CLUSTER8, XCV, BUILT_IN, forced={"conv": "fastest"})
    with pytest.raises(PlanError, match="there is no layer 'missing' to force a kernel on; layers: conv"):
        plan.make(conv(4, 8), CLUSTER8, XCV, BUILT_IN, forced={"missing": "dense_4x4"})
    with pytest.raises(PlanError, match=r"^conv=word_gather_g1: weights that are"):
        plan.make(conv(4, 8), CLUSTER8, XCV, BUILT_IN, forced={"conv": "word_gather_g1"})
    with pytest.raises(PlanError, match=r"no kernel matches 'zzz'; there are: .*dense_4x4"):
        plan.make(conv(4, 8), CLUSTER8, XCV, BUILT_IN, kernel_names="zzz")


def test_a_forced_kernel_is_taken() -> None:
    planned = plan.make(conv(4, 8), CLUSTER8, XCV, BUILT_IN, forced={"conv": "dense_4x1"})
    assert [layer.kernel_name for layer in planned.layers] == ["dense_4x1"]
