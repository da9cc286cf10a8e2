"""Layers that run by rows: each range is what the whole layer computes, and networks run that fit no other way."""

import itertools
import re
import shutil

import numpy as np
import pytest

from isas import BUILT_IN, named
from maps import Maps, blocks, forked, hourglass
from networks import conv_linear
from nmcu import graph, host, plan, targets, toolchain
from nmcu.codegen import emit
from nmcu.errors import PlanError
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.host.sanitize import COMPILERS
from nmcu.plan.stripes import Chain, chain, passes
from nmcu.sim.run import run as simulate
from small import with_working

NETWORKS = {"blocks": blocks, "forked": forked, "hourglass": hourglass}


def run_in_numpy(network: Graph, made: Chain, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The memory of all tensors after the chain's stripes, one after the other; the others are `tensors`."""
    inside = {network.layers[number].outputs[0].name for number in made.numbers}
    memory = {name: array.ravel().copy() for name, array in tensors.items()}
    memory |= {name: np.full(made.held.get(name, memory[name].size), 99, np.int8) for name in inside}
    for stripe in made.stripes:
        read = [
            memory[t.name][offset : offset + t.size].reshape(t.shape)
            for t, offset in zip(stripe.layer.inputs, stripe.input_offsets, strict=True)
        ]
        if stripe.layer.kind != "avgpool":  # its classes of windows are those of the whole layer
            shapes = stripe.layer.op.shapes(stripe.layer.inputs, stripe.layer.constants)
            assert shapes == (stripe.layer.outputs[0].shape,)
        (result,) = stripe.layer.op.reference(read, stripe.layer.constants)
        memory[stripe.layer.outputs[0].name][stripe.output_offset :][: result.size] = result.ravel()
    return memory


@pytest.mark.parametrize("network", NETWORKS)
def test_stripes_of_every_height_compute_what_the_layers_do(network: str) -> None:
    made = NETWORKS[network](14, 5)
    tensors = graph.reference.run(made, made.border.encode(graph.random_inputs(made, 3)), keep_all=True)
    count = 0
    for first, last in itertools.combinations(range(len(made.layers)), 2):
        inside = made.layers[first : last + 1]
        after = {t.name for layer in made.layers[last + 1 :] for t in layer.inputs}
        whole = {x.outputs[0].name for x in inside if x.outputs[0].name in after} | {
            inside[-1].outputs[0].name
        }
        for size in range(1, inside[-1].outputs[0].shape[1]):
            found = passes(inside, whole, size)
            if found is None:  # a range of the padding alone
                continue
            count += 1
            memory = run_in_numpy(made, chain(inside, first, whole, found), tensors)
            for name in whole:
                np.testing.assert_array_equal(
                    memory[name], tensors[name].ravel(), f"{first}-{last} {name} {size}"
                )
    assert count > 100


@pytest.mark.parametrize(
    ("network", "target", "kib", "isa"),
    [
        ("blocks", "cluster8", 110, "xcv"),
        ("forked", "cluster8", 130, "xcv"),
        ("forked", "cluster8", 130, "rv32"),
        ("blocks", "one_ram", 110, "xcv"),
        ("forked", "one_ram", 165, "rv32"),
    ],
)
def test_networks_larger_than_the_working_memory_run_by_rows(
    network: str, target: str, kib: int, isa: str
) -> None:
    """Odd heights and widths; on one memory for all, kernels work on the rows where they lie."""
    made = NETWORKS[network](63, 41)
    found = with_working(target, kib)
    planned = plan.make(made, found, named(isa), BUILT_IN)
    assert planned.chains and planned.l2_peak_bytes <= found.working_bytes
    assert len(plan.make(made, with_working(target, 500), named(isa), BUILT_IN).chains) == 0
    feeds = made.border.encode(graph.random_inputs(made, 0))
    roomy = with_working(target, 500) if target == "one_ram" else targets.get(target)
    result = simulate(toolchain.build(emit(planned), roomy, named(isa)), feeds)
    for name, expected in graph.reference.run(made, feeds).items():
        np.testing.assert_array_equal(result.outputs[name], expected)
    cycles = max(end for region in result.stats.regions for _, end in region.visits)
    assert cycles == pytest.approx(planned.predicted_cycles, rel=0.2)


@pytest.mark.parametrize(("kib", "tensors"), [(110, ["conv1.out"]), (100, ["conv1.out", "add9.out"])])
def test_rows_come_from_l3_where_chains_alone_do_not_help(kib: int, tensors: list[str]) -> None:
    """Layers that do not run by rows part the way from a map to where it is needed again."""
    made = hourglass(47, 32)
    planned = plan.make(made, with_working("cluster8", kib), named("xcv"), BUILT_IN)
    assert list(planned.away) == tensors and planned.l3_bytes >= 47 * 32 * 16
    assert planned.l2_peak_bytes <= kib * 1024
    feeds = made.border.encode(graph.random_inputs(made, 0))
    result = simulate(toolchain.build(emit(planned), targets.get("cluster8"), named("xcv")), feeds)
    for name, expected in graph.reference.run(made, feeds).items():
        np.testing.assert_array_equal(result.outputs[name], expected)
    cycles = max(end for region in result.stats.regions for _, end in region.visits)
    assert cycles == pytest.approx(planned.predicted_cycles, rel=0.2)


@pytest.mark.parametrize("kib", [40, 60, 80, 100])
def test_maps_that_lie_in_the_memory_of_another_one_are_planned_or_refused(kib: int) -> None:
    """Halves of a map, one below the other: each is written where the whole has it, also where layers run by rows."""
    net = Maps(5, (1, 40, 24, 16))
    x = net.windows(net.image, 16, 3)

    def like(name: str) -> TensorInfo:
        return TensorInfo(name, (), "int8", *x.quant)

    pool = ops.MaxPool(pads=(0, 0, 0, 0), kernel=(1, 1), strides=(1, 1))
    halves = [net.append(name, pool, [x], like(f"{name}.out"), {}) for name in ("upper", "lower")]
    made = net.finish(
        net.windows(net.append("whole", ops.Concat(axis=1), halves, like("whole.out"), {}), 8, 3)
    )
    try:
        planned = plan.make(made, with_working("one_ram", kib), named("rv32"), BUILT_IN)
    except PlanError as refusal:
        assert "bytes" in str(refusal)
    else:
        assert planned.l2_peak_bytes <= kib * 1024


@pytest.mark.parametrize(
    ("network", "name", "kib"),
    [
        (blocks(31, 21), "cluster8", 68),  # activations
        (hourglass(80, 80), "ibex", 180),  # activations, and what else lies beside them
        (conv_linear(), "ibex", 44),  # weights and buffers
    ],
)
def test_what_does_not_fit_even_by_rows_is_refused_with_what_would_do(
    network: Graph, name: str, kib: int
) -> None:
    chip = with_working(name, kib)
    isa = named(chip.isa)
    wanted = r"node '[a-z0-9]+'.* a working memory of ([\d,]+) bytes would do"
    with pytest.raises(PlanError, match=wanted) as refusal:
        plan.make(network, chip, isa, BUILT_IN)
    found = re.search(wanted, str(refusal.value))
    assert found
    enough = int(found[1].replace(",", "")) / 1024
    assert plan.make(network, with_working(name, enough), isa, BUILT_IN)
    with pytest.raises(PlanError):
        plan.make(network, with_working(name, 0.95 * enough), isa, BUILT_IN)


def test_smaller_tiles_that_a_layer_does_not_have_are_no_reason_to_refuse_the_network() -> None:
    made, chip = hourglass(80, 80), targets.get("ibex")
    planned = plan.make(made, chip, named(chip.isa), BUILT_IN)
    feeds = made.border.encode(graph.random_inputs(made, 0))
    result = simulate(toolchain.build(emit(planned), chip, planned.isa), feeds)
    assert result.mismatches([graph.reference.run(made, feeds)]) == 0


@pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="the sanitizers need a system compiler")
def test_stripes_stay_within_their_memory_under_sanitizers() -> None:
    made = hourglass(47, 32)
    planned = plan.make(made, with_working("cluster8", 100), host.ISA, BUILT_IN)
    assert planned.chains and planned.away
    feeds = made.border.encode(graph.random_inputs(made, 0))
    found = host.run_sanitized(emit(planned), feeds)
    for name, expected in graph.reference.run(made, feeds).items():
        np.testing.assert_array_equal(found[name], expected)
