"""Results beyond an activation's bounds are left as they come."""

from pathlib import Path

import numpy as np
import pytest

import nmcu
from kernels.affine_layers import Shape
from kernels.affine_layers import layer as affine
from kernels.test_conv_add import real
from networks import conv_linear
from nmcu import graph
from nmcu.graph import reference
from nmcu.layerwise import Samples, sequential
from nmcu.layerwise.clipped import Clip
from nmcu.layerwise.sequential import Reconstruction
from nmcu.sparsity import NMPattern

MODEL = Path(__file__).parents[2] / "examples" / "models" / "resnet8_dense.onnx"
NETWORK = nmcu.load(MODEL)


def _results(layer: graph.Layer, x: np.ndarray) -> np.ndarray:
    """What least squares see, (outputs, Cout): accumulators without zero point and bias."""
    weight = layer.constants["weight"]
    assert weight.shape[1:3] == (1, 1), "its windows are the input's pixels"
    pixels = x[..., :: layer.op.strides[0], :: layer.op.strides[1], :]
    return (pixels.reshape(-1, x.shape[-1]).astype(int) - layer.op.input_zero_point) @ weight.reshape(
        len(weight), -1
    ).T.astype(int)


def _maps(network: graph.Graph) -> dict[str, np.ndarray]:
    feeds = network.border.encode(graph.random_inputs(network, 5))
    return reference.run(network, feeds, keep_all=True)


@pytest.mark.parametrize("name", ["stage2.shortcut.conv", "stage3.shortcut.conv"])
def test_bounds_are_where_the_sum_behind_a_layer_stops_changing(name: str) -> None:
    (layer,) = (layer for layer in NETWORK.layers if layer.name == name)
    maps = _maps(NETWORK)
    (add,) = (each for each in NETWORK.layers if layer.outputs[0] in each.inputs)
    clip = Clip.of(NETWORK, layer, lambda tensor: maps[tensor].reshape(-1, maps[tensor].shape[-1]))
    assert clip is not None
    results = _results(layer, maps[layer.inputs[0].name])
    sums = maps[add.outputs[0].name].reshape(results.shape)
    assert (sums[results < clip.lo] == add.op.lo).all()
    step = 2 * (clip.hi - clip.lo) / (add.op.hi - add.op.lo)  # rounding of the result, then of the sum
    inside = (results > clip.lo + step) & (results < clip.hi - step)
    own = maps[layer.outputs[0].name].reshape(results.shape)
    inside &= (own > -128) & (own < 127)
    assert 0.1 < inside.mean() < 0.9
    assert (sums[inside] > add.op.lo).all()


@pytest.mark.parametrize("signs", [(1, 1), (-1, 1), (1, -1)])
def test_bounds_of_a_sum_within_the_layer(signs: tuple[int, int]) -> None:
    layer = real(affine(Shape((5, 7, 8), 18)), signs=signs, lo=-40)
    rng = np.random.default_rng(2)
    x, r = (rng.integers(-128, 128, info.shape).astype(np.int8) for info in layer.inputs)
    clip = Clip.of(NETWORK, layer, lambda tensor: {"r": r}[tensor].reshape(-1, 18))
    assert clip is not None
    results = _results(layer, x)
    y = layer.op.reference([x, r], layer.constants)[0].reshape(results.shape)
    outside = (results < clip.lo) | (results > clip.hi)
    assert np.isin(y[outside], [-40, 127]).all()
    step = 2 * (clip.hi - clip.lo) / 167
    inside = (results > clip.lo + step) & (results < clip.hi - step)
    assert 0.1 < inside.mean() < 0.9
    assert not np.isin(y[inside], [-40, 127]).any()


def test_bounds_of_a_layer_with_an_activation_are_its_own() -> None:
    (layer,) = (layer for layer in NETWORK.layers if layer.name == "stage1.conv1")
    clip = Clip.of(NETWORK, layer, lambda tensor: pytest.fail("no other tensor is needed"))
    assert clip is not None
    assert layer.op.lo == layer.op.zero_point, "a ReLU"
    weight = layer.constants["weight"].reshape(len(layer.constants["weight"]), -1).astype(int)
    bias = layer.constants["bias"] + layer.op.input_zero_point * weight.sum(axis=1)
    np.testing.assert_allclose(clip.lo, -bias, atol=1e-6)


def test_what_is_needed_is_what_was_wanted_between_the_bounds_only() -> None:
    clip = Clip(np.array([-1.0]), np.array([5.0]))
    wanted = np.array([[-3.0], [-3.0], [2.0], [9.0], [9.0]])
    found = np.array([[-2.0], [4.0], [-7.0], [6.0], [1.0]])
    assert clip.needed(wanted, found).ravel().tolist() == [-2.0, -1.0, 2.0, 6.0, 5.0]


def test_what_an_activation_lets_through_is_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    network = conv_linear()
    images = np.stack([graph.random_inputs(network, seed)["image"] for seed in range(96)])
    fitting = Reconstruction(network, Samples({"image": images[:64]}, None))
    unseen = Samples({"image": images[64:]}, None).encoded(network)

    def error() -> float:
        patterns = {"conv": NMPattern(1, 4)}
        fitted = fitting.network(patterns, fitting.fit(patterns))
        found, wanted = (reference.many(each, unseen)["features"].astype(float) for each in (fitted, network))
        return float(((found - wanted) ** 2).mean())

    seen = error()
    monkeypatch.setattr(sequential, "ROUNDS", 0)
    assert seen < 0.97 * error()
