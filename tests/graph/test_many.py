"""Several runs at once are the same as one after the other, for every operator."""

import os
from pathlib import Path

import numpy as np
import pytest

from networks import conv_linear
from nmcu import graph, operators
from nmcu.bench.vit import VitShape, vit
from nmcu.graph import Graph, reference
from nmcu.graph.ops import conv2d

DATA = Path(os.environ.get("NMCU_TEST_DATA", ""))
FILES = ("mlperf_tiny/resnet8_int8", "mlperf_tiny/kws_dscnn_int8", "models/rnnoise_gru_int8")
FILES += ("models/lstm_mnist_int8", "models/lenet_log_softmax_int8", "models/wakeword_okay_nabu_int8")
FILES += ("models/har_int8", "models/mobilenet96_keras_int8")


def same(network: Graph, runs: int = 3) -> None:
    feeds = [network.border.encode(graph.random_inputs(network, seed)) for seed in range(runs)]
    found = reference.many(network, {name: np.stack([feed[name] for feed in feeds]) for name in feeds[0]})
    for number, feed in enumerate(feeds):
        for name, array in reference.run(network, feed, keep_all=True).items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name][number], array, err_msg=name)


@pytest.mark.parametrize("columns", [1, 300, 2**19])
def test_of_a_small_network(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With columns of less than a row, of some rows, and of several images at once."""
    monkeypatch.setattr(conv2d, "COLUMNS", columns)
    same(conv_linear())


@pytest.mark.parametrize("file", FILES)
def test_of_published_networks(file: str) -> None:
    path = DATA / f"{file}.tflite"
    if not path.is_file():
        pytest.skip("NMCU_TEST_DATA names no folder with this model")
    same(operators.load(path))


def test_of_a_transformer() -> None:
    same(vit(shape=VitShape(width=32, blocks=1, heads=2, hidden=64)))
