"""The user's own inputs: arrays of an .npz file, or images as `nmcu eval` takes them."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError

import numpy as np

from nmcu import host
from nmcu.errors import NmcuError, counted
from nmcu.graph import Graph, TensorInfo
from nmcu.graph.op import Array

MAX_BYTES = 1 << 30
Feed = dict[str, Array]
"""Arrays by the names of the model's inputs, in its own dtype and layout."""


def from_npz(graph: Graph, path: Path) -> list[Feed]:
    """The inputs in `path`, by name: one each, or several of all with a leading axis more. Raises `NmcuError`."""
    samples = stacked(graph, path)
    count = len(next(iter(samples.values())))
    return [{name: array[i] for name, array in samples.items()} for i in range(count)]


def stacked(graph: Graph, path: Path, beside: str | None = None) -> Feed:
    """The same as one array for each input, samples along its first axis; and the array `beside` if the file has it,
    with a number for each sample. Raises `NmcuError`."""
    arrays = _read(path)
    needed = {info.name: info for info in graph.border.model_inputs}
    if set(arrays) - {beside} != set(needed):
        raise NmcuError(
            f"{path} has the arrays {', '.join(map(repr, arrays)) or '(none)'}; the model's inputs are "
            f"{', '.join(map(repr, needed))}"
        )
    samples = {name: _samples(path, info, arrays[name]) for name, info in needed.items()}
    counts = {len(array) for array in samples.values()}
    if len(counts) != 1:
        raise NmcuError(f"{path} has {' and '.join(map(str, sorted(counts)))} samples of different inputs")
    if beside is not None and beside in arrays:
        numbers = arrays[beside]
        if numbers.dtype.kind not in "iu" or numbers.shape != (*counts,):
            raise NmcuError(
                f"{path}: {beside!r} is {numbers.dtype} of shape {numbers.shape}; whole numbers of shape "
                f"{(*counts,)} are needed, one for each sample"
            )
        samples[beside] = numbers
    return samples


def from_images(graph: Graph, data: Path, limit: int) -> list[Feed]:
    """The first images of `data`, a folder of folders or a Parquet file. Raises `NmcuError`."""
    samples = host.images(data, limit)
    return list(host.image_inputs(graph, host.Preprocessing.of(graph), samples))


def _samples(path: Path, info: TensorInfo, array: Array) -> Array:
    stacked = array if array.shape[1:] == info.shape and array.ndim == len(info.shape) + 1 else array[None]
    if stacked.shape[1:] != info.shape or str(array.dtype) != info.dtype or not len(stacked):
        raise NmcuError(
            f"{path}: {info.name!r} is {array.dtype} of shape {array.shape}; {info.dtype} of shape {info.shape} is "
            "needed, or that with an axis of samples before it"
        )
    if stacked.dtype.kind == "f" and not np.isfinite(stacked).all():
        raise NmcuError(f"{path}: {info.name!r} has values that are no finite numbers")
    return stacked


def _read(path: Path) -> Mapping[str, Array]:
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(member.file_size for member in archive.infolist())
        if total > MAX_BYTES:
            raise NmcuError(f"{path} unpacks to {counted(total, 'byte')}; supported: at most {MAX_BYTES:,}")
        with np.load(path, allow_pickle=False) as file:
            return {name: _numbers(path, file, name) for name in file.files}
    except (OSError, ValueError, EOFError, SyntaxError, TokenError, zipfile.BadZipFile, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no .npz file"
        raise NmcuError(f"cannot read the inputs {path}: {reason}") from error


def _numbers(path: Path, file: Mapping[str, Array], name: str) -> Array:
    try:
        return np.asarray(file[name])
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise NmcuError(f"{path}: {name!r} holds Python objects; supported: numbers") from error
