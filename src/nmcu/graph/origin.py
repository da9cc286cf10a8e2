"""Which tensor of the model file a tensor of the graph holds: how the two are paired, whatever was moved in between."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from nmcu.graph.tensor import Shape

Key = str | int
"""What a file calls a tensor: its name in ONNX, its index in TFLite, where names need not differ."""

_PROPERTY = "origins"


@dataclass(frozen=True)
class Origin:
    """Tensor `key` of the file has `shape` there; its axes in the order `perm` are the graph's tensor.

    `shift` is what the file's integers are larger by: 128 where they are uint8. `view`, if given, is the shape whose
    axes `perm` orders: that of a map, flattened in the file.
    """

    key: Key
    shape: Shape
    perm: tuple[int, ...]
    shift: int = 0
    view: Shape | None = None

    @property
    def places(self) -> NDArray[np.int64]:
        """For each element of the graph's tensor, in order, its place in the file's."""
        shape = self.shape if self.view is None else self.view
        return np.arange(math.prod(shape)).reshape(shape).transpose(self.perm).reshape(-1)

    def arranged(self, array: NDArray[Any], shape: Shape) -> NDArray[Any]:
        """`array`, the file's tensor, as the graph's tensor of `shape` holds it."""
        viewed = array.reshape(self.shape if self.view is None else self.view)
        moved = viewed.transpose(self.perm).reshape(shape)
        return (moved.astype(np.int16) - self.shift).astype(np.int8) if self.shift else moved


def plain(key: Key, shape: Shape, shift: int = 0) -> Origin:
    """The tensor as it stands in the file."""
    return Origin(key, shape, tuple(range(len(shape))), shift)


def record(value: ir.Value, *origins: Origin) -> None:
    """Note that `value` holds `origins`, those noted before included."""
    together = dict.fromkeys((*read(value), *origins))
    value.metadata_props[_PROPERTY] = json.dumps([asdict(origin) for origin in together])


def replace(value: ir.Value, other: ir.Value) -> None:
    """Give `value` the origins of `other` in the place of its own."""
    value.metadata_props.pop(_PROPERTY, None)
    record(value, *read(other))


def read(value: ir.Value) -> tuple[Origin, ...]:
    """The file's tensors that `value` holds; several where the file has it several times."""
    noted = json.loads(value.metadata_props.get(_PROPERTY, "[]"))
    return tuple(
        Origin(
            o["key"],
            tuple(o["shape"]),
            tuple(o["perm"]),
            o["shift"],
            None if o["view"] is None else tuple(o["view"]),
        )
        for o in noted
    )
