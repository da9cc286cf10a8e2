"""Saving a graph as QDQ ONNX and loading it again."""

from pathlib import Path

import numpy as np

from frontend import ort
from nmcu import graph, operators
from nmcu.graph import Graph

MAX_STEPS = 13
"""Of an output, from ONNX Runtime's: what 1 LSB in each layer of a transformer with random weights adds up to."""


def check(model: Graph, path: Path) -> Graph:
    """Assert that `model`, saved to `path` and loaded, computes the same bits, and that ONNX Runtime agrees with it.

    Returns what was loaded.
    """
    operators.save(model, path)
    again = ort.check(path)
    feeds = graph.random_inputs(model, 3)
    ours, theirs = (graph.reference.run_model(m, feeds) for m in (model, again))
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(theirs[name], value)
    known = ort.tensors(path, feeds)
    for decoder in again.border.decoders:
        name, step = decoder.outputs[0].name, decoder.inputs[0].scale
        if ours[name].dtype == np.float32:
            assert np.abs(ours[name] - known[name]).max() <= MAX_STEPS * (step or 1.0)
    assert again.metadata == model.metadata
    return again
