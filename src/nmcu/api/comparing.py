"""An int8 network against the float network that it was made from, layer by layer."""

from __future__ import annotations  # signatures in help() as they are written here

from pathlib import Path

from nmcu import layerwise
from nmcu.api.evaluating import Channels, per_channel
from nmcu.api.model import Model, Stage, graph_of, name_of
from nmcu.errors import NmcuError
from nmcu.host import Preprocessing
from nmcu.layerwise import FloatComparison
from nmcu.registry import Registry

SAMPLES = 64
"""Enough for the noise of a layer: it is a mean over all values of its result."""


def compare(
    model: Model,
    float_model: str | Path,
    data: str | Path,
    *,
    limit: int = SAMPLES,
    mean: Channels = None,
    std: Channels = None,
    registry: Registry | None = None,
    on_stage: Stage | None = None,
) -> FloatComparison:
    """Signal-to-noise of every layer's result: `model`, int8, against `float_model`, the ONNX file that it was made
    from, which ONNX Runtime runs, on the first `limit` samples of `data`.

    `data`, `mean` and `std` are as of `sensitivity`. Layers are matched with the float network's tensors by their
    names, else by place and values; those that match none are named. Of each layer the result says which parameter of
    its quantisation to look at first. Raises a `NmcuError` for what does not fit, and for another network's float
    model.
    """
    if limit < 1:
        raise NmcuError(f"limit is {limit}; it must be at least 1")
    say = on_stage or (lambda stage: None)
    say("reading")
    graph = graph_of(model, registry)
    reference = layerwise.read_float(Path(float_model))
    preprocessing = Preprocessing.of(graph, per_channel(mean), per_channel(std))
    pieces = layerwise.read(graph, Path(data), limit, preprocessing)
    say("comparing")
    return layerwise.compare(graph, name_of(model), reference, pieces)
