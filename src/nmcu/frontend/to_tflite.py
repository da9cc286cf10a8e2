"""A TFLite file with other weights: the bytes of its buffers, nothing else."""

from collections.abc import Iterator

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph import Graph, Layer

_GATES = (1, 3, 4)
"""Tensors that a matrix of a layer may be made of: those of gates are one after the other."""


def with_weights(data: bytes, before: Graph, after: Graph) -> bytes:
    """`data`, the TFLite file that `before` was read from, with the weights of `after`, whose layers are the same.

    Raises `ModelError` for a layer whose weights the file does not hold as they are, or more than once.
    """
    changed = bytearray(data)
    model = tflite.Model.GetRootAs(changed, 0)
    buffers = [model.Buffers(i).DataAsNumpy() for i in range(model.BuffersLength())]
    held = {i: np.asarray(b).tobytes() for i, b in enumerate(buffers) if not isinstance(b, int)}
    for old, new in zip(before.layers, after.layers, strict=True):
        for was, becomes in _changed(old, new):
            places, parts = _places(held, was)
            if not places:
                raise ModelError(
                    f"the weights of layer {old.name!r} are not in the TFLite file as they are, or twice: write .onnx"
                )
            for place, part in zip(places, np.split(becomes, parts), strict=True):
                buffers[place][:] = np.frombuffer(np.ascontiguousarray(part).tobytes(), np.uint8)
    return bytes(changed)


def _changed(old: Layer, new: Layer) -> Iterator[tuple[NDArray[np.int8], NDArray[np.int8]]]:
    for name in old.op.WEIGHTS:
        if name in old.constants and not np.array_equal(old.constants[name], new.constants[name]):
            yield old.constants[name], new.constants[name]


def _places(held: dict[int, bytes], weight: NDArray[np.int8]) -> tuple[list[int], int]:
    """The buffers that hold `weight`, in one part or one for each gate, and how many they are; none where unsure."""
    for parts in _GATES:
        if len(weight) % parts == 0:
            wanted = [np.ascontiguousarray(part).tobytes() for part in np.split(weight, parts)]
            found = [[i for i, data in held.items() if data == part] for part in wanted]
            if all(len(places) == 1 for places in found):
                return [places[0] for places in found], parts
    return [], 0
