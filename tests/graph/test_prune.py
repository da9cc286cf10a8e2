"""Pruning a given model without training."""

from pathlib import Path

import numpy as np

from networks import conv_linear
from nmcu import graph, operators
from nmcu.graph import Builder, Graph, TensorInfo, ops
from nmcu.graph.prune import choose, prune
from nmcu.sparsity import NMPattern, mask

PATTERN = NMPattern.parse("1:4")


def deep(seed: int = 0) -> Graph:
    """Three 3x3 convolutions, each with a channel of zeros, a depthwise one and a classifier."""
    rng = np.random.default_rng(seed)
    builder = Builder("deep")
    x = builder.input(
        TensorInfo("image", (1, 6, 6, 8)), TensorInfo("x", (1, 6, 6, 8), "int8", 0.05, 7), (0, 1, 2, 3)
    )
    for name in ("first", "second", "third"):
        weight = rng.integers(-90, 91, (8, 3, 3, 8)).astype(np.int8)
        weight[3] = 0
        y = TensorInfo(f"{name} out", (), "int8", 0.7, -9)
        scales, bias = rng.uniform(0.01, 0.02, 8), rng.integers(-900, 900, 8)
        op, constants = ops.Conv2d.build(name, x, y, weight, scales, bias, pads=(1, 1, 1, 1), lo=-9)
        (x,) = builder.add(name, op, [x], [y], constants)
    weight = rng.integers(-90, 91, (3, 3, 8)).astype(np.int8)
    y = TensorInfo("depthwise out", (), "int8", 0.7, 0)
    depthwise, constants = ops.Depthwise.build(
        "depthwise", x, y, weight, rng.uniform(0.01, 0.02, 8), None, pads=(1, 1, 1, 1)
    )
    (x,) = builder.add("depthwise", depthwise, [x], [y], constants)
    flat = TensorInfo("flat", (1, 288), "int8", 0.7, 0)
    (x,) = builder.add("flatten", ops.Reshape(shape=(1, 288)), [x], [flat])
    weight = rng.integers(-90, 91, (10, 288)).astype(np.int8)
    z = TensorInfo("scores", (1, 10), "int8", 2.0, 0)
    linear, constants = ops.Linear.build("classifier", x, z, weight, np.full(10, 0.01), None)
    (z,) = builder.add("classifier", linear, [x], [z], constants)
    builder.output(z, TensorInfo("logits", (1, 10), "float32"), (0, 1), (1, 10))
    return builder.finish()


def test_the_first_convolution_the_classifier_and_depthwise_layers_stay() -> None:
    chosen = {c.layer.name: c.reason for c in choose(deep(), PATTERN)}
    assert chosen == {
        "first": "the first convolution",
        "second": None,
        "third": None,
        "depthwise": "its channels do not mix",
        "classifier": "the last layer",
    }


def test_named_layers_are_pruned() -> None:
    chosen = {c.layer.name: c.reason for c in choose(deep(), PATTERN, "*", "second")}
    assert chosen["first"] is None and chosen["classifier"] is None
    assert chosen["second"] == "to be skipped"
    assert chosen["depthwise"] is not None


def test_layers_narrower_than_a_block_stay() -> None:
    chosen = {c.layer.name: c.reason for c in choose(conv_linear(), NMPattern.parse("1:8"), "*")}
    assert chosen == {"conv": "3 input channels, blocks of 8", "classifier": None}


def test_only_the_weights_change() -> None:
    before = deep()
    after = prune(before, {"second": PATTERN})
    graph.check(after)
    for old, new in zip(before.layers, after.layers, strict=True):
        assert (old.name, old.inputs, old.outputs) == (new.name, new.inputs, new.outputs)
        if old.name == "second":
            weight = old.constants["weight"]
            np.testing.assert_array_equal(new.constants["weight"], weight * mask(weight, PATTERN))
            assert str(new.pattern) == "1:4"
            continue
        assert old.op == new.op
        for key in old.constants:
            np.testing.assert_array_equal(old.constants[key], new.constants[key])


def test_the_pruned_layer_computes_with_the_same_scales() -> None:
    """The outputs are those of real arithmetic on the pruned weights, to within rounding."""
    before = deep()
    after = prune(before, {"second": PATTERN})
    feeds = before.border.encode(graph.random_inputs(before, 3))
    tensors = graph.reference.run(after, feeds, keep_all=True)
    old, layer = (next(x for x in g.layers if x.name == "second") for g in (before, after))
    assert isinstance(old.op, ops.Conv2d)
    (x_scale, x_zero), (y_scale, y_zero) = layer.inputs[0].quant, layer.outputs[0].quant
    x = (tensors[layer.inputs[0].name][0].astype(np.float64) - x_zero) * x_scale
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    w_scale = np.array(old.op.weight_scale)
    sums = old.constants["weight"].reshape(8, -1).sum(axis=1, dtype=np.int64)
    bias = (old.constants["bias"] + x_zero * sums) * x_scale * w_scale
    weight = layer.constants["weight"] * w_scale[:, None, None, None]
    taps = [(dy, dx) for dy in range(3) for dx in range(3)]
    real = sum(padded[dy : dy + 6, dx : dx + 6] @ weight[:, dy, dx].T for dy, dx in taps)
    wanted = np.clip(np.round((real + bias) / y_scale) + y_zero, -9, 127)
    assert np.abs(tensors[layer.outputs[0].name][0] - wanted).max() <= 1


def test_the_written_model_reads_back(tmp_path: Path) -> None:
    pruned = prune(deep(), {"second": PATTERN, "third": NMPattern.parse("1:8x4")})
    operators.save(pruned, tmp_path / "pruned.onnx")
    again = operators.load(tmp_path / "pruned.onnx")
    assert [str(x.pattern) for x in again.layers if x.kind == "conv"] == ["None", "1:4", "1:8x4"]
    feeds = graph.random_inputs(pruned, 1)
    ours, theirs = (graph.reference.run_model(g, feeds) for g in (pruned, again))
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])
