"""Images from parquet files or image folders: decoded once, cached, served as augmented batches."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from experiment import Data
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nmcu.errors import NmcuError
from nmcu.host import dataset


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
    source = source_of(folder, name)
    stat = source.stat()
    key = hashlib.sha256(f"{source.resolve()} {stat.st_size} {stat.st_mtime_ns} {size}".encode())
    cached = cache / f"{folder.name}-{name}-{key.hexdigest()[:16]}.npz"
    if cached.is_file():
        with np.load(cached) as arrays:
            return Split(arrays["images"], arrays["labels"])
    split = _decode(source, size)
    cache.mkdir(parents=True, exist_ok=True)
    partial = cached.with_suffix(f".{os.getpid()}.npz")
    np.savez(partial, images=split.images, labels=split.labels)
    partial.replace(cached)
    return split


def source_of(folder: Path, name: str) -> Path:
    """The parquet file or image folder with the split `name`; raises `NmcuError` where there is neither."""
    parquet, images = folder / f"{name}.parquet", folder / name
    if parquet.is_file():
        return parquet
    if images.is_dir():
        return images
    raise NmcuError(f"no data: neither {parquet} nor the folder {images} exists; give the data with --data")


def normalise(images: NDArray[np.uint8], mean: float, std: float) -> Tensor:
    """(N, H, W, 3) pixels as (N, 3, H, W) float32 `(pixel / 255 - mean) / std`."""
    return (torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 - mean) / std


class Augmenter:
    """Random shifts (reflected borders), horizontal flips and cutout (DeVries and Taylor, 2017) of a split, kept on
    `device`."""

    def __init__(self, split: Split, form: Data, device: torch.device) -> None:
        images = torch.from_numpy(split.images).permute(0, 3, 1, 2)
        padded = functional.pad(images.float(), (form.pad,) * 4, mode="reflect").to(device, torch.uint8)
        size = split.images.shape[1]
        self._windows = padded.unfold(2, size, 1).unfold(3, size, 1)
        self._labels = torch.tensor(split.labels, device=device)
        self._device = device
        self._shifts = 2 * form.pad + 1
        self._mean, self._std = form.mean, form.std
        self._cutout = form.cutout

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
            if self._cutout:
                centres = torch.from_numpy(rng.integers(0, images.shape[-1], (2, size))).to(self._device)
                images = images.masked_fill(_square(centres, self._cutout, images.shape[-1]), 0.0)
            yield images.contiguous(memory_format=torch.channels_last), self._labels[index]


def _square(centres: Tensor, side: int, size: int) -> Tensor:
    """(N, 1, size, size) bool: a square of `side` pixels around the (row, column) of each image, cut at its borders."""
    starts = centres - side // 2
    place = torch.arange(size, device=centres.device)
    down, across = ((place >= start[:, None]) & (place < start[:, None] + side) for start in starts)
    return (down[:, :, None] & across[:, None, :])[:, None]


def _decode(source: Path, size: int) -> Split:
    """All images of `source`, in a fixed random order where they come class by class."""
    samples = list(dataset.images(source))
    pixels = [_resized(sample.pixels(3), size) for sample in samples]
    labels = np.array([sample.label for sample in samples], dtype=np.int64)
    order = np.random.default_rng(0).permutation(len(labels)) if source.is_dir() else np.arange(len(labels))
    return Split(np.stack(pixels)[order], labels[order])


def _resized(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if pixels.shape[:2] == (size, size):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((size, size)), dtype=np.uint8)
