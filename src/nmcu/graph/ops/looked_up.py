"""Weighted operators whose results are looked up in a table before they are stored. Plans join the two, which graphs
have apart."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nmcu.graph import affine
from nmcu.graph.op import Array, Constants
from nmcu.graph.ops.conv2d import Conv2d
from nmcu.graph.ops.linear import Linear
from nmcu.graph.ops.table import Table
from nmcu.graph.requant import Requantised


@dataclass(frozen=True, kw_only=True)
class LookedUp(Requantised):
    """`table[result + 128]` of an operator's int8 result, which no tensor holds; table (256,) int8.

    `function` is the word that users see. The results are all of int8: what clamps them is in the table.
    """

    CONSTANTS = affine.AFFINE_CONSTANTS | {"table": "int8"}

    function: str

    @property
    def kind(self) -> str:
        return f"{super().kind}+{self.function}"

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        return Table(function=self.function).reference(super().reference(inputs, constants), constants)


@dataclass(frozen=True, kw_only=True)
class ConvTable(LookedUp, Conv2d):
    """A convolution and the table of its result."""

    SUMMARY = "2-D convolution and a function of its result, which no tensor holds"


@dataclass(frozen=True, kw_only=True)
class LinearTable(LookedUp, Linear):
    """A fully connected layer and the table of its result."""

    SUMMARY = "fully connected layer and a function of its result, which no tensor holds"


def looked_up(op: Conv2d | Linear, table: Table, values: Array) -> tuple[ConvTable | LinearTable, Array]:
    """The same as `table`, whose constant is `values` (256,), of the result of `op`; its operator and its constant."""
    joined = ConvTable if isinstance(op, Conv2d) else LinearTable
    clamped = np.clip(np.arange(-128, 128), op.lo, op.hi) + 128
    plain = dataclasses.replace(op, lo=-128, hi=127)
    return joined(**vars(plain), function=table.function), values[clamped]
