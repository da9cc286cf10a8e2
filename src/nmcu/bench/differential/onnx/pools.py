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


def reduce_mean(net: Network, x: Value) -> None:
    """Over any axes, kept or not; over all of them; over none."""
    axes = net.draw_distinct(net.number(0, x.rank), x.rank)
    keep = net.maybe()
    given = [a - x.rank if net.maybe() else a for a in axes]
    attributes: dict[str, object] = {} if keep and net.maybe() else {"keepdims": int(keep)}
    rest: list[str] = []
    reduced = axes or tuple(range(x.rank))
    if net.opset >= 18:
        if axes or net.maybe():
            rest = [net.constant(np.array(given, np.int64))]
        if net.maybe():
            attributes["noop_with_empty_axes"] = 1
            reduced = axes
    elif axes:
        attributes["axes"] = given
    if reduced == () and axes == ():
        finish(net, net.result("ReduceMean", x, "pending", *rest, **attributes))
        return
    shape = tuple(1 if a in reduced else d for a, d in enumerate(x.shape) if keep or a not in reduced)
    _mean(net, x, net.one("ReduceMean", net.use(x), *rest, **attributes), shape)
