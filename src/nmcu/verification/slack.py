"""What the tolerances of layers become on their way through the layers after them: tensors are moved by them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nmcu.graph import Layer, TensorInfo
from nmcu.graph.op import Array

PATTERNS = 4


def slack(
    segment: Sequence[Layer],
    info: TensorInfo,
    fed: Mapping[str, Array],
    tolerance: Callable[[Layer], int],
    step: float,
) -> Array:
    """Steps that each element of `info`, written by the last layer of `segment`, may differ by because of the others.

    The results of each layer before the last (of a recurrent one its state, too) are moved by its tolerance, all
    of them up, all of them down and at random, and what follows is computed again; the largest changes add up.
    """
    right = _run(segment, fed)[info.name].astype(np.float64)
    total = np.zeros(right.shape)
    for position, layer in enumerate(segment[:-1]):
        most = tolerance(layer)
        if most == 0:
            continue
        arrays = _run(segment[: position + 1], fed)
        largest = np.zeros(right.shape)
        signs = {o.name: _signs(arrays[o.name].shape) for o in layer.outputs}
        for pattern in range(2 + PATTERNS):
            moved = {name: _moved(arrays[name], most * by[pattern]) for name, by in signs.items()}
            found = _run(segment[position + 1 :], {**arrays, **moved})[info.name]
            largest = np.maximum(largest, np.abs(found.astype(np.float64) - right) / step)
        total += largest
    return total


def _run(layers: Sequence[Layer], fed: Mapping[str, Array]) -> dict[str, Array]:
    arrays = dict(fed)
    for layer in layers:
        results = layer.op.reference([arrays[i.name] for i in layer.inputs], layer.constants)
        arrays.update(zip((o.name for o in layer.outputs), results, strict=True))
    return arrays


def _signs(shape: tuple[int, ...]) -> list[Array]:
    rng = np.random.default_rng(0)
    random = [rng.choice(np.array([-1, 1]), shape) for _ in range(PATTERNS)]
    return [np.ones(shape, np.int64), -np.ones(shape, np.int64), *random]


def _moved(array: Array, by: Array) -> Array:
    limits = np.iinfo(array.dtype)
    return np.clip(array.astype(np.int64) + by, limits.min, limits.max).astype(array.dtype)
