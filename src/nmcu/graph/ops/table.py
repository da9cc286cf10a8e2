"""Table: any int8 -> int8 function of one value, one table for all channels or one per channel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph.by_rows import ByElement
from nmcu.graph.op import Array, Constants
from nmcu.graph.tensor import Shape, TensorInfo

Real = NDArray[np.float64]
Function = Callable[[Real], Real]


@dataclass(frozen=True, kw_only=True)
class Table(ByElement):
    """`y = table[x + 128]`; table (256,) int8, or (C, 256) with one row per channel (last axis).

    `function` is the word users see: requantize, relu, sigmoid, tanh, gelu, ...
    """

    KIND: ClassVar[str] = "table"
    CONSTANTS: ClassVar[Mapping[str, str]] = {"table": "int8"}
    SUMMARY = "element-wise function through a 256-entry table: requantize, relu, clip, sigmoid, tanh, ..."

    function: str

    @property
    def kind(self) -> str:
        return self.function

    @classmethod
    def build(
        cls, function: str, x: TensorInfo, y: TensorInfo, real: Function
    ) -> tuple["Table", dict[str, Array]]:
        """The table of the float function `real`, which maps (256,) to (256,) or to (C, 256).

        Rounds half up; values that are not finite saturate (NaN becomes the zero point).
        """
        (x_scale, x_zero), (y_scale, y_zero) = x.quant, y.quant
        with np.errstate(all="ignore"):
            value = (
                np.asarray(
                    real(np.arange(-128 - x_zero, 128 - x_zero).astype(np.float64) * x_scale), np.float64
                )
                / y_scale
            )
        value = np.nan_to_num(np.floor(value + 0.5), nan=0.0, posinf=1e9, neginf=-1e9)
        return cls(function=function), {"table": np.clip(value + y_zero, -128, 127).astype(np.int8)}

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        shape = constants["table"].shape
        if shape not in ((256,), (inputs[0].shape[-1], 256)):
            raise ModelError(f"Table: table has shape {shape}, must be (256,) or (channels, 256)")
        return (inputs[0].shape,)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        table, index = constants["table"], inputs[0].astype(np.int64) + 128
        if table.ndim == 1:
            return (table[index],)
        return (table[np.arange(table.shape[0]), index],)
