"""Sparse tensors of a TFLite file (SparsityParameters of the schema) become dense ones with zeros in them."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.errors import ModelError

if TYPE_CHECKING:
    from nmcu.frontend.from_tflite.file import File

Shape = tuple[int, ...]
_VECTORS = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}


def dense(name: str, shape: Shape, raw: Any, values: NDArray[Any]) -> NDArray[Any]:
    """Tensor `name` of `shape` whose table of sparsity is `raw` and whose stored `values` (n,) are the rest.

    The values lie at the leaves of a tree with a level for each axis, those of blocks last: a dense level has all its
    indices below each node, a sparse one those of `array_indices` between two `array_segments`.
    Raises `ModelError`, also what reading a damaged flatbuffer raises.
    """
    order, blocks = _ints(raw.TraversalOrderAsNumpy()), _ints(raw.BlockMapAsNumpy())
    rank, levels = len(shape), [raw.DimMetadata(i) for i in range(raw.DimMetadataLength())]
    fits = sorted(order) == list(range(rank + len(blocks))) and len(levels) == len(order)
    if not fits or any(not 0 <= axis < rank for axis in blocks):
        raise _error(name, "its axes are not each stored once")
    sizes = dict(zip(order, (int(level.DenseSize()) for level in levels), strict=True))
    coordinates: dict[int, NDArray[np.int64]] = {}
    place = np.zeros(1, np.int64)
    for axis, level in zip(order, levels, strict=True):
        parents, index, place = _level(name, level, place, shape)
        coordinates = {known: found[parents] for known, found in coordinates.items()} | {axis: index}
    if len(place) != len(values) or not np.array_equal(np.sort(place), np.arange(len(values))):
        raise _error(name, f"it stores {len(values)} values and has indices for {len(place)}")
    full = [coordinates[axis] for axis in range(rank)]
    for number, axis in enumerate(blocks):
        size = sizes[rank + number]
        full[axis] = full[axis] * size + coordinates[rank + number]
    if any(((found < 0) | (found >= size)).any() for found, size in zip(full, shape, strict=True)):
        raise _error(name, f"an index lies outside its shape {shape}")
    array = np.zeros(shape, values.dtype)
    array[tuple(full)] = values[place]
    array.flags.writeable = False
    return array


def _level(
    name: str, level: Any, place: NDArray[np.int64], shape: Shape
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """For each node of this level: its parent, its index along the axis, its place; `place` are the parents'."""
    most = int(np.prod(shape))
    if level.Format() == tflite.DimensionType.DENSE:
        size = int(level.DenseSize())
        if size < 1 or size * len(place) > most:
            raise _error(name, f"an axis of {size} does not fit its shape {shape}")
        index = np.tile(np.arange(size), len(place))
        parents = np.repeat(np.arange(len(place)), size)
        return parents, index, place[parents] * size + index
    segments = _vector(level.ArraySegmentsType(), level.ArraySegments())
    indices = _vector(level.ArrayIndicesType(), level.ArrayIndices())
    if len(segments) < 2 or (np.diff(segments) < 0).any() or segments[0] != 0 or segments[-1] != len(indices):
        raise _error(name, "its segments do not ascend")
    if len(indices) > most or place.max(initial=0) + 1 >= len(segments):
        raise _error(name, "it has more or fewer segments than an axis before has indices")
    counts = np.diff(segments)[place]
    parents = np.repeat(np.arange(len(place)), counts)
    within = np.arange(len(parents)) - np.repeat(np.cumsum(counts) - counts, counts)
    own = segments[place][parents] + within
    return parents, indices[own], own


def densified(file: "File") -> "File":
    """`file` with what DENSIFY makes of constants constant, too: they are dense already."""
    tensors, kept = list(file.tensors), []
    for operator in file.operators:
        if operator.code == "DENSIFY" and len(operator.inputs) == len(operator.outputs) == 1:
            source, target = tensors[operator.inputs[0]], operator.outputs[0]
            if source.data is not None and source.shape == tensors[target].shape:
                tensors[target] = dataclasses.replace(tensors[target], data=source.data)
                continue
        kept.append(operator)
    return dataclasses.replace(file, tensors=tuple(tensors), operators=tuple(kept))


def _vector(kind: int, table: Any) -> NDArray[np.int64]:
    if table is None or kind not in _VECTORS:
        return np.empty(0, np.int64)
    vector = _VECTORS[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.array(_ints(vector.ValuesAsNumpy()), np.int64)


def _ints(raw: Any) -> list[int]:
    return [] if isinstance(raw, int) else [int(i) for i in raw]


def _error(name: str, message: str) -> ModelError:
    return ModelError(f"sparse tensor {name!r}: {message}; convert the model again")
