"""FloatTable: int8 to float32 through a table: dequantisation, and any function of one value behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.op import Array, Constants, Op
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class FloatTable(Op):
    """`y = table[x + 128]`; table (256,) float32, or (C, 256) with one row per channel (last axis).

    `function` is the word users see.
    """

    KIND: ClassVar[str] = "to float"
    CONSTANTS: ClassVar[Mapping[str, str]] = {"table": "float32"}
    SUMMARY = "int8 to float32 through a table, where a float section begins"

    function: str = "to float"

    @property
    def kind(self) -> str:
        return self.function

    @classmethod
    def dequantize(cls, x: TensorInfo) -> tuple["FloatTable", dict[str, Array]]:
        """`(x - zero_point) * scale`, a float32 product."""
        scale, zero = x.quant
        codes = np.arange(-128 - zero, 128 - zero).astype(np.float32)
        return cls(), {"table": codes * np.float32(scale)}

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        shape = constants["table"].shape
        if shape not in ((256,), (inputs[0].shape[-1], 256)) or inputs[0].dtype != "int8":
            raise ModelError(
                f"FloatTable: table {shape} does not fit {inputs[0].dtype} input {inputs[0].shape}"
            )
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        table, index = constants["table"], inputs[0].astype(np.int64) + 128
        if table.ndim == 1:
            return (table[index],)
        return (table[np.arange(table.shape[0]), index],)
