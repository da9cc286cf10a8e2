"""Integers that follow from shapes are constants: SHAPE and what computes on its results, in front of a RESHAPE."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from nmcu.frontend.from_tflite.file import DAMAGE, File, Operator, Tensor, options
from nmcu.frontend.from_tflite.strided import Masks, strided

MAX_ELEMENTS = 4096
"""Of a result: shapes and lists of axes are short."""

Ints = NDArray[Any]


def folded(file: File) -> File:
    """`file` with such operators computed: their results are constants."""
    tensors, kept = list(file.tensors), []
    for operator in file.operators:
        made = _computed(tensors, operator)
        if made is None:
            kept.append(operator)
            continue
        for index, array in zip(operator.outputs, made, strict=True):
            tensors[index] = replace(tensors[index], data=array)
    return replace(file, tensors=tuple(tensors), operators=tuple(kept))


@dataclass(frozen=True)
class _Call:
    """An operator, its inputs and the shape of the first of them."""

    operator: Operator
    inputs: Sequence[Ints]
    shape: tuple[int, ...]

    def option(self, table: type[Any], field: str) -> int:
        return int(getattr(options(self.operator, table), field)())


def _computed(tensors: Sequence[Tensor], operator: Operator) -> list[Ints] | None:
    """The results of an operator on constant integers; None for any other one, and where something does not fit."""
    if operator.code not in _OPERATORS or not operator.inputs or min(operator.inputs) < 0:
        return None
    given, outputs = ([tensors[i] for i in found] for found in (operator.inputs, operator.outputs))
    arrays = [t.data for t in given if t.data is not None]
    whole = [*outputs, *([] if operator.code in ("SHAPE", "RANK") else given)]
    if any(t.dtype not in ("int32", "int64", "bool") or t.scale.size for t in whole):
        return None
    if operator.code not in ("SHAPE", "RANK") and len(arrays) != len(given):
        return None
    try:
        with np.errstate(all="ignore"):
            results = _OPERATORS[operator.code](_Call(operator, arrays, given[0].shape))
    except (*DAMAGE, ArithmeticError):
        return None
    made = [np.asarray(r).astype(t.dtype) for r, t in zip(results, outputs, strict=False)]
    fits = len(made) == len(outputs) and all(
        a.shape == t.shape and a.size <= MAX_ELEMENTS for a, t in zip(made, outputs, strict=True)
    )
    return made if fits else None


def _strided_slice(c: _Call) -> Ints:
    masks = Masks.read(lambda field: c.option(tflite.StridedSliceOptions, field))
    x, begin, end, strides = c.inputs
    if x.ndim != 1 or masks.ellipsis or masks.new_axis:
        raise ValueError
    found = strided(x.shape, begin.tolist(), end.tolist(), strides.tolist(), masks)
    if found is None:
        raise ValueError
    (first,), (step,), (count,) = found
    picked = x[first + step * np.arange(count)]
    return picked.reshape(()) if masks.shrink & 1 else picked


def _pack(c: _Call) -> Ints:
    return np.stack(c.inputs, c.option(tflite.PackOptions, "Axis"))


def _concatenation(c: _Call) -> Ints:
    return np.concatenate(c.inputs, c.option(tflite.ConcatenationOptions, "Axis"))


def _gather(c: _Call) -> Ints:
    return np.asarray(np.take(c.inputs[0], c.inputs[1], c.option(tflite.GatherOptions, "Axis")))


def _slice(c: _Call) -> Ints:
    x, begin, size = c.inputs
    return np.asarray(
        x[tuple(slice(b, None if s == -1 else b + s) for b, s in zip(begin, size, strict=True))]
    )


def _reduce_prod(c: _Call) -> Ints:
    keep = bool(c.option(tflite.ReducerOptions, "KeepDims"))
    return np.asarray(np.prod(c.inputs[0], tuple(c.inputs[1].reshape(-1).tolist()), keepdims=keep))


def _reshape(c: _Call) -> Ints:
    return c.inputs[0].reshape(c.inputs[1].reshape(-1).tolist())


def _fill(c: _Call) -> Ints:
    shape = c.inputs[0].reshape(-1).tolist()
    if not 0 <= math.prod(shape) <= MAX_ELEMENTS:
        raise ValueError
    return np.full(shape, c.inputs[1])


def _unpack(c: _Call) -> list[Ints]:
    return list(np.moveaxis(c.inputs[0], c.option(tflite.UnpackOptions, "Axis"), 0))


def _one(function: Callable[[_Call], Any]) -> Callable[[_Call], list[Ints]]:
    return lambda c: [function(c)]


def _on(function: Callable[..., Any]) -> Callable[[_Call], list[Ints]]:
    return lambda c: [function(*c.inputs)]


_OPERATORS: Mapping[str, Callable[[_Call], list[Ints]]] = MappingProxyType(
    {
        "ADD": _on(np.add),
        "CAST": _on(np.asarray),
        "CONCATENATION": _one(_concatenation),
        "EXPAND_DIMS": _on(lambda x, axis: np.expand_dims(x, int(axis.reshape(-1)[0]))),
        "FILL": _one(_fill),
        "FLOOR_DIV": _on(np.floor_divide),
        "FLOOR_MOD": _on(np.mod),
        "GATHER": _one(_gather),
        "MAXIMUM": _on(np.maximum),
        "MINIMUM": _on(np.minimum),
        "MUL": _on(np.multiply),
        "PACK": _one(_pack),
        "RANK": _one(lambda c: len(c.shape)),
        "REDUCE_PROD": _one(_reduce_prod),
        "RESHAPE": _one(_reshape),
        "SHAPE": _one(lambda c: c.shape),
        "SLICE": _one(_slice),
        "SQUEEZE": _on(np.squeeze),
        "STRIDED_SLICE": _one(_strided_slice),
        "SUB": _on(np.subtract),
        "UNPACK": _unpack,
    }
)
"""What each computes on constant integers."""
