"""Which tensors share memory: shapes of others, parts of others, and what is joined to a state."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nmcu.graph import Layer, TensorInfo, ops
from nmcu.graph.tensor import Shape

ALIGNMENT = 4
"""Parts of a tensor start at multiples of it: kernels that read in place load words."""
Place = tuple[str, int]
"""The tensor that owns the memory, and the bytes from its first one on."""


@dataclass(frozen=True)
class Shared:
    """`roots` are the tensors that own the memory of others, which lie at `offsets` in it (0 where there is none).

    A state that another tensor is built around has memory for all of it: `joined` says how many bytes before it and
    how many in all.
    """

    roots: dict[str, str] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)
    joined: dict[str, tuple[int, int]] = field(default_factory=dict)

    def place(self, name: str) -> Place:
        """Where tensor `name` lies."""
        return self.roots.get(name, name), self.offsets.get(name, 0)

    def placed(self, layer: Layer) -> tuple[int, ...]:
        """The inputs of `layer`, which only moves data, that lie where they are wanted."""
        root, first = self.place(layer.outputs[0].name)
        return tuple(
            i
            for i, (x, offset) in enumerate(zip(layer.inputs, _offsets(layer), strict=True))
            if offset is not None and self.place(x.name) == (root, first + offset)
        )

    def moves_nothing(self, layer: Layer) -> bool:
        """Whether the result of `layer` lies where its inputs do."""
        if isinstance(layer.op, ops.WriteState):
            return self.place(layer.inputs[1].name) == self.place(layer.outputs[0].name)
        moves = isinstance(layer.op, ops.Reshape | ops.Slice | ops.Concat)
        return moves and len(self.placed(layer)) == len(layer.inputs)

    def move(self, root: str, place: Place) -> None:
        """Let `root` and all that lies in it lie at `place`."""
        for name in [root, *(name for name, old in self.roots.items() if old == root)]:
            self.roots[name] = place[0]
            self.offsets[name] = self.offsets.get(name, 0) + place[1]


def share(
    layers: Sequence[Layer],
    inputs: Iterable[TensorInfo],
    outputs: Iterable[TensorInfo],
    states: Iterable[TensorInfo],
) -> Shared:
    """The memory that results of reshapes, slices and concatenations share with their operands.

    A network output takes over its producer's memory. Inputs, outputs and states own theirs.
    """
    out, kept = {t.name for t in outputs}, {t.name for t in states}
    sizes = {t.name: t.bytes for layer in layers for t in (*layer.inputs, *layer.outputs)}
    lasting = kept | {t.name for t in inputs}
    found, taken = Shared(), lasting | out
    for layer in layers:
        y, offsets = layer.outputs[0], _offsets(layer)
        if isinstance(layer.op, ops.Reshape):
            root, offset = found.place(layer.inputs[0].name)
            if y.name not in out:
                found.roots[y.name], found.offsets[y.name] = root, offset
            elif root not in taken and sizes[root] == y.bytes:
                found.move(root, (y.name, 0))
        elif isinstance(layer.op, ops.Slice) and offsets[0] is not None and y.name not in out:
            root, offset = found.place(layer.inputs[0].name)
            if root in lasting or 2 * y.bytes >= sizes[root]:
                found.roots[y.name], found.offsets[y.name] = root, offset - offsets[0]
        elif isinstance(layer.op, ops.Concat):
            _join(
                found,
                layer,
                offsets,
                sizes,
                taken,
                kept - found.joined.keys() if y.name not in out else set(),
            )
    return found


def _join(
    found: Shared,
    layer: Layer,
    offsets: Sequence[int | None],
    sizes: Mapping[str, int],
    taken: set[str],
    states: set[str],
) -> None:
    """Let the operands of a concatenation lie where it wants them: around one of `states`, if there is one."""
    y = layer.outputs[0]
    for x, offset in zip(layer.inputs, offsets, strict=True):
        if offset is not None and x.name in states:
            found.roots[y.name], found.offsets[y.name] = x.name, -offset
            found.joined[x.name] = offset, y.bytes
            break
    base, first = found.place(y.name)
    for x, offset in zip(layer.inputs, offsets, strict=True):
        root = found.place(x.name)[0]
        whole = sizes[root] == x.bytes and root not in taken and root not in found.joined
        if offset is not None and whole and root != base and found.place(x.name)[1] == 0:
            found.move(root, (base, first + offset))


def _offsets(layer: Layer) -> list[int | None]:
    """For each input of a layer that moves data, by how many bytes it comes after the output's first one where it is a
    part of the output, or the output a part of it; None where that is in several pieces, or not aligned."""
    found: list[int | None] = [None] * len(layer.inputs)
    y = layer.outputs[0]
    if isinstance(layer.op, ops.Reshape):
        found = [0]
    elif isinstance(layer.op, ops.Slice) and _in_one_piece(layer.op, layer.inputs[0].shape):
        strides = _strides(layer.inputs[0])
        found = [-sum(a * b for a, b in zip(layer.op.starts, strides, strict=True))]
    elif isinstance(layer.op, ops.Concat) and math.prod(y.shape[: layer.op.axis]) == 1:
        at, stride = 0, _strides(y)[layer.op.axis]
        for number, x in enumerate(layer.inputs):
            found[number] = at * stride
            at += x.shape[layer.op.axis]
    return [offset if offset is not None and offset % ALIGNMENT == 0 else None for offset in found]


def _in_one_piece(op: ops.Slice, shape: Shape) -> bool:
    """Whether the elements lie next to each other in the input, in the output's order: none reversed or repeated."""
    if any(step != 1 for step, size in zip(op.steps, op.shape, strict=True) if size > 1):
        return False
    cut = [axis for axis, size in enumerate(op.shape) if size != shape[axis]]
    return not cut or math.prod(op.shape[: cut[-1]]) == 1


def _strides(tensor: TensorInfo) -> list[int]:
    item = tensor.bytes // tensor.size
    return [item * math.prod(tensor.shape[axis + 1 :]) for axis in range(len(tensor.shape))]
