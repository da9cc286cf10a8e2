"""From what a user gives to the arrays that a model takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nmcu.errors import ModelError, NmcuError, counted
from nmcu.graph import Graph, TensorInfo

Array = NDArray[Any]
Inputs = ArrayLike | Mapping[str, ArrayLike]
"""An array for a model of one input, or arrays by name."""


def arrays(needed: Sequence[TensorInfo], inputs: Inputs) -> dict[str, Array]:
    """`inputs` by name, for a model that needs `needed`; their dtypes and shapes are checked where they are used.

    What has no dtype of its own (nested lists) gets the one needed where that keeps its values. Raises `ModelError` for
    one array where several are needed, for names that the model does not have, and for what is no array.
    """
    names = [info.name for info in needed]
    if not isinstance(inputs, Mapping):
        if len(needed) != 1:
            raise ModelError(
                f"the model has {counted(len(names), 'input')}, give arrays by name: "
                + ", ".join(f"{info.name!r} ({info.dtype} of shape {info.shape})" for info in needed)
            )
        inputs = {names[0]: inputs}
    for name in inputs:
        if name not in names:
            raise ModelError(f"the model has no input {name!r}; there are: {', '.join(map(repr, names))}")
    return {info.name: _array(info, inputs[info.name]) for info in needed if info.name in inputs}


@dataclass(frozen=True)
class Steps:
    """The inputs of one run after the other; `alone`: of one that was given without an axis of steps."""

    steps: tuple[Mapping[str, Array], ...]
    alone: bool

    def shown(self, steps: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
        """Inputs or outputs of the runs as users see them: with an axis of steps where the inputs have one."""
        if self.alone:
            return dict(steps[0])
        return {name: np.stack([each[name] for each in steps]) for name in steps[0]}


def sequence(needed: Sequence[TensorInfo], given: Mapping[str, Array]) -> Steps:
    """`given` as one run, or with a leading axis of steps as one after the other; raises `ModelError` where some inputs
    have that axis and others not, or of another length, and where one has neither shape."""
    lengths = {}
    for info in needed:
        array = given.get(info.name)
        if array is None or array.shape == info.shape:
            continue
        if not array.ndim or array.shape[1:] != info.shape:
            raise ModelError(
                f"input {info.name!r} is {array.dtype} of shape {array.shape}; it needs {info.dtype} of shape "
                f"{info.shape}, or of a sequence (steps, {', '.join(map(str, info.shape))})"
            )
        lengths[info.name] = len(array)
    if not lengths:
        return Steps((given,), alone=True)
    if len(lengths) < len(needed) or len(set(lengths.values())) > 1 or 0 in lengths.values():
        found = ", ".join(f"{info.name!r} {lengths.get(info.name, 'none')}" for info in needed)
        raise ModelError(f"inputs need the same number of steps, at least 1; found: {found}")
    steps = next(iter(lengths.values()))
    return Steps(tuple({name: a[i] for name, a in given.items()} for i in range(steps)), alone=False)


def _array(info: TensorInfo, value: ArrayLike) -> Array:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ModelError(
            f"input {info.name!r} cannot be read as an array ({reason}): it needs {info.dtype} of shape {info.shape}"
        ) from error
    if hasattr(value, "dtype") or hasattr(value, "__array__") or array.dtype.kind not in "if":
        return array
    if info.dtype.startswith("float"):
        return array.astype(info.dtype)
    with np.errstate(invalid="ignore"):  # of what does not fit, which is found below
        whole = array.astype(info.dtype)
    return whole if np.array_equal(whole, array) else array


def read_inputs(model: Graph, files: list[Path]) -> dict[str, Array]:
    """The model's inputs from `.npy` files, in the order of its inputs; raises `NmcuError` for what does not fit."""
    names = [info.name for info in model.border.model_inputs]
    if len(files) != len(names):
        wanted = f"{counted(len(names), 'input')} ({', '.join(map(repr, names))})"
        raise NmcuError(f"the model has {wanted}; given: {counted(len(files), 'file')}")
    return {name: _read_npy(path) for name, path in zip(names, files, strict=True)}


def _read_npy(path: Path) -> Array:
    try:
        # Mapped first: a header that promises more data than the file has is noticed before memory is taken.
        return np.array(np.lib.format.open_memmap(path, mode="r"))
    except (OSError, ValueError, EOFError, SyntaxError, TokenError) as error:
        reason = (
            error.strerror
            if isinstance(error, OSError) and error.strerror
            else "it is not a complete .npy file"
        )
        raise NmcuError(f"cannot read the input {path}: {reason}") from error
