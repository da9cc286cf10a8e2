"""Resize: the standard's coordinate rule that gives the indices of the layer."""

from collections.abc import Mapping
from itertools import product

import numpy as np

from nmcu.errors import ModelError
from nmcu.frontend.lower import resize as lower
from nmcu.frontend.to_onnx.writer import Result, Writer
from nmcu.graph import Layer, ops
from nmcu.graph.op import Array
from nmcu.graph.ops.resize_bilinear import ONE

_LITERT_DRIFT = 0.5 / 1024
"""For each element: it rounds the ratio of the sizes to a 1024th."""


def nearest(w: Writer, layer: Layer, op: ops.ResizeNearest) -> Result:
    """Resize, nearest."""
    for rule, rounding in product(lower.RULES, lower.ROUNDINGS):
        pairs = zip(_size(layer), layer.outputs[0].shape[1:3], strict=True)
        rows, columns = (lower.picked(rule, rounding, old, new, new / old) for old, new in pairs)
        if _same({"rows": rows, "columns": columns}, layer.constants):
            return _resize(
                w, layer, mode="nearest", nearest_mode=rounding, coordinate_transformation_mode=rule
            )
    raise _unknown(layer)


def bilinear(w: Writer, layer: Layer, op: ops.ResizeBilinear) -> Result:
    """Resize, linear: by the rule whose coordinates are nearest, which are at most as far as LiteRT rounds its own."""
    rule = min(lower.RULES, key=lambda rule: _apart(layer, rule))
    if _apart(layer, rule) > 1:
        raise _unknown(layer)
    return _resize(w, layer, mode="linear", coordinate_transformation_mode=rule)


def _apart(layer: Layer, rule: lower.Rule) -> float:
    """How far the coordinates of `rule` are from the layer's, as a share of what LiteRT's may be from exact ones."""
    positions = (("top", "row_weight"), ("left", "column_weight"))
    farthest = 0.0
    for (first, weight), real, old in zip(positions, _coordinates(layer, rule), _size(layer), strict=True):
        position = layer.constants[first] + layer.constants[weight] / ONE
        difference = np.abs(position - np.clip(real, 0, old - 1))
        farthest = max(farthest, float(difference.max()) / (_LITERT_DRIFT * (len(real) + 1)))
    return farthest


def _size(layer: Layer) -> tuple[int, int]:
    return layer.inputs[0].shape[1], layer.inputs[0].shape[2]


def _coordinates(layer: Layer, rule: lower.Rule) -> tuple[lower.Coordinates, lower.Coordinates]:
    """Of rows and columns."""
    old, (new_height, new_width) = _size(layer), layer.outputs[0].shape[1:3]
    return (
        lower.coordinates(rule, old[0], new_height, new_height / old[0]),
        lower.coordinates(rule, old[1], new_width, new_width / old[1]),
    )


def _same(built: Mapping[str, Array], constants: Mapping[str, Array]) -> bool:
    return all(np.array_equal(built[key], value) for key, value in constants.items())


def _resize(w: Writer, layer: Layer, **attributes: str) -> Result:
    (x,), (y,) = layer.inputs, layer.outputs
    sizes = w.constant(np.array([1, y.shape[3], *y.shape[1:3]], np.int64), f"{y.name} sizes")
    inputs = [w.real(x, "first"), "", "", sizes]
    return w.node("Resize", inputs, f"{y.name} float", layer.name, **attributes), "first"


def _unknown(layer: Layer) -> ModelError:
    (x,), (y,) = layer.inputs, layer.outputs
    return ModelError(
        f"node {layer.name!r}: resizes {x.shape[1:3]} to {y.shape[1:3]} with a scale that is not their ratio, which "
        "cannot be written as QDQ ONNX; give the model sizes instead of scales"
    )
