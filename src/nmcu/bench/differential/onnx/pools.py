"""Pooling and means, which need a scale of their own."""

import dataclasses

import numpy as np

from nmcu.bench.differential.onnx import moves
from nmcu.bench.differential.onnx.finish import finish
from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Value


def _mean(net: Network, x: Value, name: str, shape: tuple[int, ...]) -> None:
    low, high = (x.low / 2, x.high / 2) if net.maybe() else (x.low, x.high)
    finish(
        net, dataclasses.replace(x, name=name, shape=shape, form="pending", integers="", low=low, high=high)
    )


def average_pool(net: Network, x: Value) -> None:
    """Windows with pads that count or do not, auto_pad, ceil_mode; over the whole map."""
    if net.maybe():
        _mean(net, x, net.one("GlobalAveragePool", net.use(x)), (*x.shape[:2], 1, 1))
        return
    attributes, sizes = moves.pooling(net, x.shape[2:])
    if net.maybe():
        attributes["count_include_pad"] = 1
    _mean(net, x, net.one("AveragePool", net.use(x), **attributes), (*x.shape[:2], *sizes))


def reduce(net: Network, x: Value) -> None:
    """A mean or a sum over any axes, kept or not; over all of them; over none."""
    op = net.any_of(("ReduceMean", "ReduceSum"))
    axes = net.draw_distinct(net.number(0, x.rank), x.rank)
    keep = net.maybe()
    given = [a - x.rank if net.maybe() else a for a in axes]
    attributes: dict[str, object] = {} if keep and net.maybe() else {"keepdims": int(keep)}
    rest: list[str] = []
    reduced = axes or tuple(range(x.rank))
    if net.opset >= 18 or op == "ReduceSum":
        if axes or net.maybe():
            rest = [net.constant(np.array(given, np.int64))]
        if net.maybe():
            attributes["noop_with_empty_axes"] = 1
            reduced = axes
    elif axes:
        attributes["axes"] = given
    if reduced == () and axes == ():
        finish(net, net.result(op, x, "pending", *rest, **attributes))
        return
    shape = tuple(1 if a in reduced else d for a, d in enumerate(x.shape) if keep or a not in reduced)
    name = net.one(op, net.use(x), *rest, **attributes)
    if op == "ReduceMean":
        _mean(net, x, name, shape)
        return
    root = float(np.sqrt(np.prod([x.shape[a] for a in reduced])))
    made = dataclasses.replace(x, name=name, shape=shape, form="pending", integers="")
    finish(net, dataclasses.replace(made, low=x.low * root, high=x.high * root, quant=None))
