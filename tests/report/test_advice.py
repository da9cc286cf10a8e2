"""What a run says about its slowest layers."""

import numpy as np
import pytest

import nmcu
from nmcu.bench.shapes import Shape, network
from nmcu.graph import Builder, Graph, TensorInfo, ops
from nmcu.kernels import Machine
from nmcu.registry import Registry
from nmcu.report.advice import advice
from nmcu.report.work import hot_cycles


def _conv(groups: int = 1, zeros: bool = False) -> Graph:
    """A 3x3 convolution of (1, 16, 16, 32), in one or more `groups`; 1:8 where `zeros`."""
    rng, depth = np.random.default_rng(0), 32 // groups
    builder = Builder("conv")
    x = TensorInfo("x", (1, 16, 16, 32), "int8", 0.05, 0)
    x = builder.input(TensorInfo("map", x.shape), x, (0, 1, 2, 3))
    y = TensorInfo("y", x.shape, "int8", 0.1, 0)
    weight = rng.integers(1, 91, (32, 3, 3, depth)).astype(np.int8)
    if zeros:
        weight[..., np.arange(depth) % 8 != 3] = 0
    op, constants = ops.Conv2d.build(
        "conv", x, y, weight, np.full(32, 0.001), None, pads=(1, 1, 1, 1), groups=groups
    )
    (y,) = builder.add("conv", op, [x], [y], constants)
    builder.output(y, TensorInfo("result", y.shape), (0, 1, 2, 3), y.shape)
    return builder.finish()


def test_dense_weights_are_told_what_pruning_gains() -> None:
    """The prediction is that of the pruned network's own plan."""
    (layer,) = nmcu.run(_conv()).layers
    dense, pruned = nmcu.compile(_conv()), nmcu.prune(_conv(), "1:8", layers="*")
    gain = dense.plan.predicted_cycles / nmcu.compile(pruned).plan.predicted_cycles
    assert f"pruned to 1:8 it is predicted to be {gain:.1f} times faster" in layer.advice
    assert not any("pruned" in sentence for sentence in nmcu.run(_conv(zeros=True)).layers[0].advice)


def test_the_ceiling_is_the_hot_loop_divided_over_the_cores() -> None:
    """16 rows of four blocks, by eight groups of channels, on eight cores: 3 lines of 24 words each."""
    plan = nmcu.compile(_conv(), kernels="dense_4x4").plan
    machine = plan.machine
    step = machine.costs("dense_4x4")["step"]
    tiles = hot_cycles(plan.layers[0], machine)
    assert tiles == pytest.approx(16 * 4 * 8 / 8 * 3 * 24 * step, rel=0.15)  # tiles need not divide evenly


def test_depthwise_layers_have_a_ceiling() -> None:
    """64 channels on eight cores, four columns of four outputs each: 16 rows of 31 cycles, and 21 between columns."""
    plan = nmcu.compile(network(Shape.parse("depthwise3x3_16x16x64")), kernels="depthwise_columns").plan
    step = plan.machine.costs("depthwise_columns")["step"]
    found = hot_cycles(plan.layers[0], plan.machine)
    assert found == pytest.approx(8 * 4 * (16 * 31 + 21) * step, rel=0.01)


def test_stalls_of_a_good_part_are_named_with_their_share() -> None:
    plan, known = nmcu.compile(_conv()).plan, tuple(Registry.installed().kernels.values())
    machine = Machine(plan.target, plan.isa)
    spent = {"compute": 800, "bank conflicts": 190, "barriers": 10}
    sentences = advice(plan.layers[0], machine, known, spent, None)
    assert any(sentence.startswith("bank conflicts 19%: ") for sentence in sentences)
    assert not any(sentence.startswith("barriers") for sentence in sentences)
    assert advice(plan.layers[0], machine, known, {}, None) == ()


def test_only_what_can_be_pruned_is_told_that_sparser_weights_help() -> None:
    """Weights of a depthwise layer have no blocks along channels that could be pruned."""
    known = tuple(Registry.installed().kernels.values())
    spent = {"compute": 600, "weights": 400}
    for groups, helps in ((1, True), (32, False)):
        plan = nmcu.compile(_conv(groups)).plan
        layer = next(planned for planned in plan.layers if planned.layer.macs)
        sentences = advice(layer, plan.machine, known, spent, None)
        (weights,) = (sentence for sentence in sentences if sentence.startswith("weights 40%: "))
        assert ("sparser" in weights) == helps


def test_a_slow_layer_without_losses_is_told_so() -> None:
    plan, known = nmcu.compile(_conv(32)).plan, tuple(Registry.installed().kernels.values())
    layer = next(planned for planned in plan.layers if planned.layer.macs)
    (sentence,) = advice(layer, plan.machine, known, {"compute": 95, "barriers": 5}, None)
    assert sentence == f"compute 95%: the work of {layer.kernel.name} itself, no loss stands out"


def test_requantisation_names_the_channel_that_needs_long_multipliers() -> None:
    """A scale so small that the sums of one channel must be rescaled with many bits."""
    builder = Builder("conv")
    x = builder.input(
        TensorInfo("map", (1, 8, 8, 8)), TensorInfo("x", (1, 8, 8, 8), "int8", 0.05, 0), (0, 1, 2, 3)
    )
    y = TensorInfo("y", (1, 8, 8, 16), "int8", 0.1, 0)
    scale = np.full(16, 0.01)
    weight = np.random.default_rng(0).integers(1, 91, (16, 1, 1, 8)).astype(np.int8)
    bias = np.zeros(16, np.int64)
    bias[5], scale[5] = 16_846_154, 1.3e-5  # between two results: a channel of one result is a constant
    op, constants = ops.Conv2d.build("conv", x, y, weight, scale, bias)
    (y,) = builder.add("conv", op, [x], [y], constants)
    builder.output(y, TensorInfo("result", y.shape), (0, 1, 2, 3), y.shape)
    (layer,) = nmcu.run(builder.finish()).layers
    (sentence,) = (text for text in layer.advice if text.startswith("requantisation"))
    assert (
        "1 of 16 channels need products of more than 32 bits, channel 5 because its sums reach 16,8"
        in sentence
    )
    assert sentence.endswith("a result is the sum of only 8 products")
