"""Inputs to compare on: extremes, ties, values out of range, the whole range at random, and what the user has."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Graph, TensorInfo
from nmcu.graph.op import Array
from nmcu.graph.samples import FLOAT_QUANT

Codes = NDArray[np.floating[Any]]
Make = Callable[[np.random.Generator, tuple[int, ...]], Codes]
"""int8 codes of one input, of its shape; fractions and codes out of range are for float inputs."""

COUNT = 20
FEWEST = 2


@dataclass(frozen=True, eq=False)
class Input:
    """Arrays by name in the model's own dtype and layout, and what they are."""

    what: str
    feed: Mapping[str, Array]


def _alternating(rng: np.random.Generator, shape: tuple[int, ...]) -> Codes:
    return np.where(np.indices(shape).sum(axis=0) % 2 == 0, -128.0, 127.0)


_KINDS: Mapping[str, Make] = {
    "the whole range": lambda rng, shape: rng.integers(-128, 128, shape).astype(np.float64),
    "all highest": lambda rng, shape: np.full(shape, 127.0),
    "all lowest": lambda rng, shape: np.full(shape, -128.0),
    "highest and lowest in turn": _alternating,
    "values like an image's": lambda rng, shape: np.clip(rng.normal(0, 40, shape).round(), -128, 127),
    "halfway between two codes": lambda rng, shape: rng.integers(-128, 127, shape) + 0.5,
    "out of range": lambda rng, shape: rng.integers(-512, 512, shape).astype(np.float64),
    "zeros": lambda rng, shape: np.full(shape, np.nan),
}
"""Each once, and then the first and the fifth in turn."""
_FURTHER = ("the whole range", "values like an image's")


def inputs(graph: Graph, count: int = COUNT, given: Sequence[Mapping[str, Array]] = ()) -> Iterator[Input]:
    """`count` inputs of `graph`: those `given` come first, at most as many; the others are seeded."""
    for number, feed in enumerate(given[:count], 1):
        yield Input(f"sample {number}", feed)
    for number in range(count - len(given[:count])):
        what = [*_KINDS][number] if number < len(_KINDS) else _FURTHER[number % 2]
        rng = np.random.default_rng(number)
        yield Input(what, _feed(graph, rng, _KINDS[what]))


def budgeted(graph: Graph, work: float, count: int = COUNT) -> int:
    """How many inputs, at most `count`, the reference runs in `work` multiply-accumulates, every element one as well
    as 16 of them."""
    each = sum(layer.macs + 16 * sum(o.size for o in layer.outputs) for layer in graph.layers)
    return max(FEWEST, min(count, int(work / max(1, each))))


def _feed(graph: Graph, rng: np.random.Generator, make: Make) -> dict[str, Array]:
    feed: dict[str, Array] = {}
    for encoder in graph.border.encoders:
        info, device = encoder.inputs[0], encoder.outputs[0]
        if info.name not in feed:
            feed[info.name] = _array(info, device, make(rng, info.shape))
    return feed


def _array(info: TensorInfo, device: TensorInfo, codes: Codes) -> Array:
    scale, zero = device.quant if device.dtype == "int8" else FLOAT_QUANT
    codes = np.where(np.isnan(codes), zero, codes)
    if info.dtype == "float32":
        return ((codes - zero) * scale).astype(np.float32)
    shift = 128 if info.dtype == "uint8" else 0
    return (np.clip(np.floor(codes), -128, 127) + shift).astype(info.dtype)
