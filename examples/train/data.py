"""Images from parquet files or image folders: decoded once, cached, served as augmented batches."""

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional

from nmcu.errors import NmcuError

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")


@dataclass(frozen=True)
class Split:
    """`images` (N, size, size, 3) uint8 RGB and `labels` (N,) int64."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, start: int, stop: int) -> "Split":
        """The samples `start` to `stop`."""
        return Split(self.images[start:stop], self.labels[start:stop])


def load(folder: Path, name: str, size: int, cache: Path) -> Split:
    """The split `name` (train, test) of the data in `folder`, at `size` pixels square.

    `folder` holds `<name>.parquet` with one column of encoded images (bytes, or a struct with a field `bytes`) and an
    integer column `label`, or `<name>/<class>/*.png`, classes numbered in alphabetical order. The decoded arrays go to
    a file in `cache`, keyed by the source's path, size and time. Raises `NmcuError` naming file and column or image.
    """
    parquet, images = folder / f"{name}.parquet", folder / name
    if not parquet.is_file() and not images.is_dir():
        raise NmcuError(
            f"no data: neither {parquet} nor the folder {images} exists; give the data with --data"
        )
    source = parquet if parquet.is_file() else images
    stat = source.stat()
    key = hashlib.sha256(f"{source.resolve()} {stat.st_size} {stat.st_mtime_ns} {size}".encode()).hexdigest()[
        :16
    ]
    cached = cache / f"{folder.name}-{name}-{key}.npz"
    if cached.is_file():
        with np.load(cached) as arrays:
            return Split(arrays["images"], arrays["labels"])
    split = _from_parquet(source, size) if source.is_file() else _from_folder(source, size)
    cache.mkdir(parents=True, exist_ok=True)
    partial = cached.with_suffix(f".{os.getpid()}.npz")
    np.savez(partial, images=split.images, labels=split.labels)
    partial.replace(cached)
    return split


def normalise(images: NDArray[np.uint8], mean: float, std: float) -> Tensor:
    """(N, H, W, 3) pixels as (N, 3, H, W) float32 `(pixel / 255 - mean) / std`."""
    return (torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 - mean) / std


class Augmenter:
    """Random shifts by up to `pad` pixels (reflected borders) and horizontal flips of a split, kept on `device`."""

    def __init__(self, split: Split, pad: int, mean: float, std: float, device: torch.device) -> None:
        images = torch.from_numpy(split.images).permute(0, 3, 1, 2)
        padded = functional.pad(images.float(), (pad,) * 4, mode="reflect").to(device, torch.uint8)
        size = split.images.shape[1]
        self._windows = padded.unfold(2, size, 1).unfold(3, size, 1)
        self._labels = torch.tensor(split.labels, device=device)
        self._device = device
        self._shifts = 2 * pad + 1
        self._mean, self._std = mean, std

    def batches(self, size: int, seed: tuple[int, ...], start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """(images, labels) of one epoch from batch `start` on; each batch depends on `seed` and its number only."""
        order = np.random.default_rng(seed).permutation(len(self._labels))
        for batch in range(start, len(order) // size):
            rng = np.random.default_rng((*seed, batch))
            index = torch.from_numpy(order[batch * size : (batch + 1) * size]).to(self._device)
            dy, dx = torch.from_numpy(rng.integers(0, self._shifts, (2, size))).to(self._device)
            images = (self._windows[index, :, dy, dx].float() / 255 - self._mean) / self._std
            flip = torch.from_numpy(rng.random(size) < 0.5).to(self._device)
            images = torch.where(flip[:, None, None, None], images.flip(3), images)
            yield images.contiguous(memory_format=torch.channels_last), self._labels[index]


def _from_parquet(path: Path, size: int) -> Split:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise NmcuError(f"{path} is not a parquet file: {error}") from error
    column = next((n for n in table.column_names if _holds_bytes(table.schema.field(n).type)), None)
    if (
        column is None
        or "label" not in table.column_names
        or not pa.types.is_integer(table.schema.field("label").type)
    ):
        raise NmcuError(
            f"{path} has the columns {', '.join(table.column_names) or 'none'}: a column of encoded images (bytes, or "
            "a struct with a field bytes) and an integer column label are needed"
        )
    cells = table[column].combine_chunks()
    encoded = cells.field("bytes") if pa.types.is_struct(cells.type) else cells
    images = [_decode(blob, size, f"row {i} of {path}") for i, blob in enumerate(encoded.to_pylist())]
    return Split(np.stack(images), np.asarray(table["label"], dtype=np.int64))


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(f.name == "bytes" and pa.types.is_binary(f.type) for f in kind)
    return bool(pa.types.is_binary(kind))


def _from_folder(folder: Path, size: int) -> Split:
    classes = sorted(p for p in folder.iterdir() if p.is_dir())
    files = [(f, i) for i, c in enumerate(classes) for f in sorted(c.iterdir()) if f.suffix.lower() in IMAGES]
    if not files:
        raise NmcuError(
            f"{folder} has no images: <class>/*{IMAGES[0]} (or {', '.join(IMAGES[1:])}) is needed"
        )
    images = np.stack([_decode(f.read_bytes(), size, str(f)) for f, _ in files])
    order = np.random.default_rng(0).permutation(len(files))
    return Split(images[order], np.array([label for _, label in files], dtype=np.int64)[order])


def _decode(blob: bytes | None, size: int, where: str) -> NDArray[np.uint8]:
    try:
        image = Image.open(io.BytesIO(blob or b"")).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise NmcuError(f"{where} is not a readable image: {error}") from error
    return np.asarray(image if image.size == (size, size) else image.resize((size, size)), dtype=np.uint8)
