"""What recurrent layers share: gates, which are products with a row of the input and with the hidden state."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph import affine, requant
from nmcu.graph.fixed_point import Int64, rescale
from nmcu.graph.op import Constants
from nmcu.graph.tensor import TensorInfo

WEIGHTS = ("input_weight", "recurrent_weight")
HALVES = ("input", "recurrent")


def half_constants(half: str) -> dict[str, str]:
    """Of the input's or the hidden state's `half`, with their types: weights (rows, columns), a bias that holds the
    zero point, multiplier and exponent of `fixed_point.rescale`, (rows,) each."""
    kinds = (("weight", "int8"), ("bias", "int32"), ("multiplier", "int32"), ("exponent", "int32"))
    return {f"{half}_{what}": dtype for what, dtype in kinds}


CONSTANTS = half_constants("input") | half_constants("recurrent")


def of_input(x: NDArray[np.int8], constants: Constants) -> Int64:
    """The input's part of the gates' rows for every row of `x`: (T, rows), 12 bits behind the point."""
    return clamp16(_half(x, constants, "input"))


def of_hidden(hidden: NDArray[Any], constants: Constants) -> Int64:
    """The hidden state's part of the gates' rows."""
    return clamp16(_half(hidden, constants, "recurrent"))


def gates(before: Int64, hidden: NDArray[Any], constants: Constants) -> Int64:
    """The gates' rows: the input's part and that of the hidden state, added and clamped."""
    return clamp16(before + _half(hidden, constants, "recurrent"))


def _half(x: NDArray[Any], constants: Constants, half: str) -> Int64:
    sums = product(x, constants[f"{half}_weight"]) + constants[f"{half}_bias"]
    return rescale(sums, constants[f"{half}_multiplier"], constants[f"{half}_exponent"])


def matrices(inputs: Sequence[TensorInfo]) -> dict[str, tuple[str, int]]:
    """`Op.matrices` of both halves, for the input and the hidden state."""
    return {
        f"{half}_weight": (f"{half}_bias", info.quant[1])
        for half, info in zip(HALVES, inputs[:2], strict=True)
    }


def product(x: NDArray[Any], weight: NDArray[np.int8]) -> Int64:
    """`x @ weight.T`, exactly."""
    exact = affine.exact_float(weight)
    return np.asarray((x.astype(exact) @ weight.T.astype(exact)).astype(np.int64))


def clamp16(x: Int64) -> Int64:
    """To int16."""
    return np.clip(x, -(2**15), 2**15 - 1)


def clamp8(x: Int64) -> Int64:
    """To int8."""
    return np.clip(x, -128, 127)


def check(what: str, x: TensorInfo, hidden: TensorInfo, constants: Constants) -> int:
    """Rows of the gates; raises `ModelError` where weights, input and hidden state do not fit, or a sum overflows."""
    if len(x.shape) != 2 or len(hidden.shape) != 2 or hidden.shape[0] != 1:
        raise ModelError(f"{what}: input {x.shape} and hidden state {hidden.shape} must be (T, I) and (1, H)")
    rows = check_half(what, "input", x.shape[-1], constants)
    if check_half(what, "recurrent", hidden.shape[-1], constants) != rows:
        raise ModelError(f"{what}: the weights of input and hidden state have different numbers of rows")
    return rows


def check_half(what: str, half: str, columns: int, constants: Constants) -> int:
    """Rows of one half, which is multiplied with `columns` values; raises `ModelError` where constants do not fit."""
    weight, bias = constants[f"{half}_weight"], constants[f"{half}_bias"]
    rows = len(bias)
    if weight.shape != (rows, columns):
        raise ModelError(f"{what}: {half} weights {weight.shape} do not fit, ({rows}, {columns}) would")
    for name in ("bias", "multiplier", "exponent"):
        if constants[f"{half}_{name}"].shape != (rows,):
            raise ModelError(f"{what}: {half}_{name} must have {rows} entries")
    low, high = affine.accumulator_range(weight, bias)
    if low.min() < requant.INT32_MIN or high.max() > requant.INT32_MAX:
        raise ModelError(f"{what}: a sum of products may overflow int32")
    return rows
