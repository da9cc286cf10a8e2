"""Weights fitted to the dense layer's result."""

from pathlib import Path

import numpy as np

import nmcu
from networks import conv_linear
from nmcu import graph, layerwise
from nmcu.graph import reference
from nmcu.graph.prune import choose, prune
from nmcu.layerwise import LeastSquares
from nmcu.layerwise.reconstruct import flat, refit
from nmcu.layerwise.samples import Samples
from nmcu.layerwise.sequential import Reconstruction
from nmcu.operators import save
from nmcu.sparsity import NMPattern, mask

MODEL = Path(__file__).parents[2] / "examples" / "models" / "resnet8_dense.onnx"


def gram_of(x: np.ndarray) -> np.ndarray:
    with_one = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    return with_one.T @ with_one


def test_the_fit_is_least_squares() -> None:
    """Nearer than magnitude pruning and within rounding of NumPy's own solver."""
    rng = np.random.default_rng(3)
    x = rng.normal(5, 20, (4000, 16)) @ rng.normal(0, 0.4, (16, 16)) + 7
    weight = rng.integers(-30, 31, (6, 16)).astype(np.int8)  # far from the ends of int8
    kept = mask(weight, NMPattern(1, 4))
    found = refit(weight, kept, LeastSquares.of(flat(weight), gram_of(x)))
    assert not found.weight[~kept].any()
    wanted = x @ weight.T

    def error(weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
        return ((x @ weights.T + bias - wanted) ** 2).sum(axis=0)

    pruned = error(weight * kept, np.zeros(6))
    assert (found.scale == 1).all()
    ours = error(found.weight.astype(float), found.bias)
    for channel in range(6):
        columns = np.concatenate([x[:, kept[channel]], np.ones((len(x), 1))], axis=1)
        _, best, _, _ = np.linalg.lstsq(columns, wanted[:, channel], rcond=None)
        assert best[0] <= ours[channel] < 1.1 * best[0]
        assert ours[channel] < pruned[channel]


def test_scales_grow_where_weights_would_leave_int8() -> None:
    """One input that stands for four weighs as much as they do together."""
    rng = np.random.default_rng(4)
    x = np.repeat(rng.normal(0, 20, (500, 4)), 4, axis=1)
    weight = rng.integers(90, 127, (5, 16)).astype(np.int8)
    problem = LeastSquares.of(flat(weight), gram_of(x))
    found = refit(weight, mask(weight, NMPattern(1, 4)), problem)
    assert (found.scale > 3).all()
    assert (np.abs(found.weight).max(axis=1) == 127).all()
    wanted = x @ weight.T
    assert np.abs(x @ (found.weight.T * found.scale) + found.bias - wanted).std() < 0.02 * wanted.std()


def test_other_inputs_than_the_dense_layers_are_made_up_for() -> None:
    rng = np.random.default_rng(5)
    dense = rng.normal(3, 20, (2000, 16))
    ours = 0.5 * dense + 4
    weight = rng.integers(-30, 31, (6, 16)).astype(np.int8)
    with_one = np.concatenate([ours, np.ones((2000, 1))], axis=1)
    before = np.concatenate([dense, np.ones((2000, 1))], axis=1)
    problem = LeastSquares.of(flat(weight), with_one.T @ with_one, with_one.T @ before)
    found = refit(weight, np.ones(weight.shape, bool), problem)
    wanted = dense @ weight.T
    assert np.abs(ours @ (found.weight.T * found.scale) + found.bias - wanted).std() < 0.02 * wanted.std()


def test_a_whole_network_is_fitted_layer_behind_layer(tmp_path: Path) -> None:
    """Nearer to the dense one than where each layer is fitted alone, and files hold it to the bit."""
    network = nmcu.load(MODEL)
    images = np.stack([next(iter(graph.random_inputs(network, seed).values())) for seed in range(24)])
    name = network.border.model_inputs[0].name
    pattern = NMPattern(1, 8)
    layers = [choice.layer.name for choice in choose(network, pattern) if choice.reason is None]
    patterns = dict.fromkeys(layers, pattern)
    fitting = Reconstruction(network, Samples({name: images[:16]}, None))
    told: list[str] = []
    fitted = fitting.network(patterns, fitting.fit(patterns, told.append))
    weighted = [layer.name for layer in network.layers if layer.weight_bytes]
    assert told == weighted[weighted.index(layers[0]) :]
    sparse = {layer.name: layer.pattern for layer in fitted.layers if layer.pattern}
    assert sparse == dict.fromkeys(layers, pattern)
    unseen = Samples({name: images[16:]}, None).encoded(network)
    (output,) = (info.name for info in network.outputs)

    def error(other: graph.Graph) -> float:
        found, wanted = (reference.many(each, unseen)[output].astype(float) for each in (other, network))
        return float(((found - wanted) ** 2).mean())

    assert error(fitted) < 0.5 * error(prune(network, dict.fromkeys(layers, pattern)))
    save(fitted, tmp_path / "fitted.onnx")
    loaded = nmcu.load(tmp_path / "fitted.onnx")
    feed = {name: images[0]}
    (ours,), (theirs,) = (reference.run_model(each, feed).values() for each in (fitted, loaded))
    assert (ours == theirs).all()


def test_the_network_is_nearer_to_the_dense_one(tmp_path: Path) -> None:
    network = conv_linear(size=4)
    feeds = [graph.random_inputs(network, seed)["image"] for seed in range(200)]
    np.savez(tmp_path / "calibration.npz", image=np.stack(feeds[:150]))
    np.savez(tmp_path / "data.npz", image=np.stack(feeds[150:]))
    arguments = (network, tmp_path / "data.npz", ["1:4"])
    plain = nmcu.sensitivity(*arguments, metric="mse", jobs=1)
    fitted = nmcu.sensitivity(*arguments, metric="mse", reconstruct=tmp_path / "calibration.npz", jobs=1)
    assert fitted.loss(fitted.layers[0].pruned[0]) < 0.9 * plain.loss(plain.layers[0].pruned[0])


def test_variants_keep_the_pattern_and_run() -> None:
    network = conv_linear(size=4)
    images = np.stack([graph.random_inputs(network, seed)["image"] for seed in range(8)])
    variants = layerwise.find(network, "model", [NMPattern(1, 8, 4)])
    fitted = layerwise.reconstructed(variants, [Samples({"image": images}, None)])
    (variant,) = fitted.each
    changed = fitted.network(variant)
    (layer,) = (each for each in changed.layers if each.name == variant.layer)
    assert layer.pattern == variant.pattern
    reference.run(changed, changed.border.encode({"image": images[0]}))
