"""Python side of matrix.h: an int8 matrix whose rows times a vector are rescaled to int16, in each of the encodings."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nmcu import sparsity
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.kernel import Addresses, Machine
from nmcu.kernels.packed import Packed
from nmcu.kernels.recurrent.layouts import QUAD
from nmcu.sparsity import distances

FOLDER = Path(__file__).parent
Encoding = Literal["dense", "gather_g1", "gather_g4"]
DENSE: Encoding = "dense"
GROUP = {"gather_g1": 1, "gather_g4": 4}
"""Rows that share positions."""
STEP_CYCLES = {
    "dense": {"rv32": 57.0, "xcv": 9.6},
    "gather_g1": {"rv32": 29.0, "xcv": 12.9},
    "gather_g4": {"rv32": 66.0, "xcv": 19.0},
}
"""Of four columns, or four entries, of the rows of a group."""
ROW_CYCLES = {"dense": 52.0, "gather_g1": 60.0, "gather_g4": 52.0}
"""Beside its steps."""
RUN_CYCLES = {"rv32": 380.0, "xcv": 330.0}


@dataclass(frozen=True, eq=False)
class Matrix:
    """`weight` (rows, columns), and of each row what its sum starts with, multiplier and exponent of
    `fixed_point.rescale`; rows are filled up to quads."""

    weight: NDArray[np.int8]
    bias: NDArray[Any]
    multiplier: NDArray[Any]
    exponent: NDArray[Any]
    encoding: Encoding

    @property
    def quads(self) -> int:
        return -(-len(self.weight) // 4)

    @cached_property
    def steps(self) -> int:
        """Words of a row, or fours of entries."""
        columns = int(self.weight.shape[1])
        if self.encoding == "dense":
            return -(-columns // 4)
        return distances.entries_per_segment(self._support, 1, columns, 1) // 4

    @property
    def quad_bytes(self) -> int:
        if self.encoding == "dense":
            return QUAD.size + 16 * self.steps
        return QUAD.size + 16 * self.steps + (4 + 4 * self.steps) * 4 // GROUP[self.encoding]

    @cached_property
    def _rows(self) -> NDArray[np.int8]:
        return np.pad(self.weight, ((0, 4 * self.quads - len(self.weight)), (0, 0)))

    @cached_property
    def _support(self) -> sparsity.Support:
        support = natural(self._rows)
        assert support is not None
        return support.in_groups(GROUP[self.encoding])

    def pack(self) -> Packed:
        """The records of matrix.h."""
        heads = self._heads()
        if self.encoding == "dense":
            fill = 4 * self.steps - self.weight.shape[1]
            words = (
                np.pad(self._rows, ((0, 0), (0, fill))).reshape(self.quads, 4, -1, 4).transpose(0, 2, 1, 3)
            )
            return _joined(heads, [words])
        group = GROUP[self.encoding]
        packed = distances.pack(self._rows, self._support, 1, self.weight.shape[1], 1)
        distance = np.pad(packed.distance, ((0, 0), (0, 3))).reshape(self.quads, 4 // group, -1)
        value = packed.value.reshape(self.quads, 4 // group, group, -1, 4).transpose(0, 1, 3, 2, 4)
        parts = [part for i in range(4 // group) for part in (distance[:, i], value[:, i])]
        return _joined(heads, parts, distance.nbytes)

    def _heads(self) -> NDArray[np.uint8]:
        columns = np.zeros((4, 4 * self.quads), np.int64)
        columns[3] = 1
        shift = -self.exponent.astype(np.int64)
        half = np.where(shift > 0, 1 << np.maximum(shift - 1, 0), 0)
        columns[:, : len(self.weight)] = self.bias, 2 * self.multiplier.astype(np.int64), half, shift
        names = ("bias", "multiplier", "round", "shift")
        return QUAD.pack(dict(zip(names, columns.reshape(4, self.quads, 4), strict=True)))

    def cycles(self, machine: Machine, quads: int) -> float:
        """Predicted of one product with `quads` quads."""
        rows = 4 * -(-quads // machine.cores)
        group = GROUP.get(self.encoding, 4)
        step = machine.isa.best(STEP_CYCLES[self.encoding])
        each = ROW_CYCLES[self.encoding] + self.steps * step / group
        return rows * each + machine.isa.best(RUN_CYCLES)

    def descriptor(self, records: str, at: Addresses, buffers: tuple[str, str]) -> Struct:
        """The `nmcu_matrix_t` with its records at constant `records`."""
        first = at.l1[buffers[0]]
        return Struct(
            "nmcu_matrix_t",
            {
                "records": Expr(at.constants[records]),
                "tile": tuple(Expr(f"(uint8_t *)({at.l1.get(name, first)})") for name in buffers),
                "rows": Expr(f"nmcu_matrix_{self.encoding}"),
                "quad_bytes": self.quad_bytes,
                "steps": self.steps,
            },
        )


def natural(weight: NDArray[np.int8]) -> sparsity.Support | None:
    """Which weights may be non-zero, None where over half of them are not zero and no pattern holds."""
    pattern = sparsity.detect(weight)
    if pattern is None and 2 * np.count_nonzero(weight) > weight.size:
        return None
    return sparsity.natural(weight, pattern)


def refusal(weight: NDArray[np.int8], encoding: Encoding) -> str | None:
    """Why `weight` cannot be packed as `encoding`, or None."""
    if encoding == "dense":
        return None
    support = natural(np.pad(weight, ((0, -len(weight) % 4), (0, 0))))
    if support is None:
        return "weights that are not N:M sparse, and over half of them not zero"
    return distances.refusal(support, GROUP[encoding])


def body_of(encoding: Encoding) -> Body:
    """The file of an encoding's body."""
    return body(FOLDER, f"matrix_{encoding}")


def _joined(heads: NDArray[np.uint8], parts: list[NDArray[Any]], index_bytes: int = 0) -> Packed:
    rows = [np.ascontiguousarray(part).reshape(len(heads), -1).view(np.uint8) for part in (heads, *parts)]
    return Packed(np.concatenate(rows, axis=1).tobytes(), index_bytes, heads.nbytes)
