"""A table that only clamps becomes the clamp of the operator before it (PT2E keeps ReLU6 as a node of its own)."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.simplify.edit import bypass, rewrite
from nmcu.graph import Graph, ops, origin
from nmcu.graph.layer import Layer

_CODES = np.arange(-128, 128)


def fold_clamp(graph: Graph) -> None:
    """Fold each clamping table whose input nobody else reads."""
    for node in list(graph.model.graph):
        if node.op_type != ops.Table.__name__:
            continue
        value = node.inputs[0]
        producer = None if value is None else value.producer()
        if value is None or producer is None or len(value.uses()) != 1:
            continue
        bounds, before = _bounds(graph.read(node)), graph.read(producer)
        if bounds is None or not _clamps(before.op):
            continue
        op: Any = before.op
        lo, hi = min(max(op.lo, bounds[0]), bounds[1]), max(min(op.hi, bounds[1]), bounds[0])
        rewrite(producer, dataclasses.replace(op, lo=lo, hi=hi))
        name = node.outputs[0].name
        origin.replace(value, node.outputs[0])
        bypass(graph, node, value)
        value.name = name


def _clamps(op: ops.Op) -> bool:
    return any(f.name == "lo" for f in dataclasses.fields(op))


def _bounds(layer: Layer) -> tuple[int, int] | None:
    """(lo, hi) if the table is a clamp that keeps the quantisation."""
    table: NDArray[np.int8] = layer.constants["table"]
    if table.ndim != 1 or layer.inputs[0].quant != layer.outputs[0].quant:
        return None
    lo, hi = int(table.min()), int(table.max())
    return (lo, hi) if np.array_equal(table, np.clip(_CODES, lo, hi)) else None
