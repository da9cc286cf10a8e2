"""Data as networks read them: inputs of many runs, and classes where the data say them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmcu import host, verification
from nmcu.errors import NmcuError
from nmcu.graph import Graph
from nmcu.graph.op import Array
from nmcu.host import NO_LABEL, Preprocessing
from nmcu.verification import Feed

LABEL = "label"
"""The array of an .npz file that holds the classes."""
PIECE = 64
"""Samples in one piece of work: enough that calls of NumPy cost little, few enough that a run that ends early loses
little."""


@dataclass(frozen=True, eq=False)
class Samples:
    """The model's own inputs by name with an axis of samples in front, and the class of each sample where known.

    `first` is the number of the first sample in the data.
    """

    inputs: Feed
    labels: NDArray[np.int64] | None
    first: int = 0

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    def __str__(self) -> str:
        return f"samples {self.first + 1} to {self.first + len(self)}"

    def encoded(self, graph: Graph) -> Feed:
        """The inputs as the device reads them."""
        runs = [graph.border.encode(self.one(number)) for number in range(len(self))]
        return {name: np.stack([run[name] for run in runs]) for name in runs[0]}

    def content(self) -> Iterator[bytes]:
        """What they are: inputs and labels."""
        for name, array in self.inputs.items():
            yield f"{name} {array.dtype} {array.shape}".encode()
            yield np.ascontiguousarray(array).tobytes()
        yield b"" if self.labels is None else self.labels.tobytes()

    def one(self, number: int) -> Feed:
        """The inputs of a sample."""
        return {name: array[number] for name, array in self.inputs.items()}

    def part(self, start: int, end: int) -> "Samples":
        """Some of them."""
        inputs = {name: array[start:end] for name, array in self.inputs.items()}
        return Samples(inputs, None if self.labels is None else self.labels[start:end], self.first + start)


def joined(pieces: Iterable[Samples]) -> Samples:
    """All of the pieces as one, without classes."""
    each = list(pieces)
    return Samples(
        {name: np.concatenate([piece.inputs[name] for piece in each]) for name in each[0].inputs}, None
    )


def read(graph: Graph, data: Path, limit: int | None, preprocessing: Preprocessing) -> Iterator[Samples]:
    """Pieces of the samples in `data`, at most `limit`: images as `nmcu.host.images` reads them, labelled or not, or an
    .npz file with an array for each input, samples along its first axis, and classes in the array `label`.

    Raises `NmcuError` where the data do not fit the model, or there are none.
    """
    pieces = _of_npz(graph, data, limit) if data.suffix.lower() == ".npz" else None
    found = False
    for piece in pieces or _of_images(graph, data, limit, preprocessing):
        found = True
        yield piece
    if not found:
        raise NmcuError(f"{data} has no samples")


def _of_npz(graph: Graph, path: Path, limit: int | None) -> Iterator[Samples]:
    names = {info.name for info in graph.border.model_inputs}
    arrays = verification.stacked(graph, path, None if LABEL in names else LABEL)
    labels = arrays.pop(LABEL).astype(np.int64) if LABEL in arrays.keys() - names else None
    whole = Samples(arrays, labels)
    count = min(len(whole), limit or len(whole))
    return (whole.part(start, min(start + PIECE, count)) for start in range(0, count, PIECE))


def _of_images(
    graph: Graph, data: Path, limit: int | None, preprocessing: Preprocessing
) -> Iterator[Samples]:
    images = host.images(data, limit, labelled=False)
    first = 0
    while batch := list(islice(images, PIECE)):
        inputs: list[dict[str, Array]] = list(host.image_inputs(graph, preprocessing, batch))
        labels = np.array([image.label for image in batch], np.int64)
        stacks = {name: np.stack([each[name] for each in inputs]) for name in inputs[0]}
        yield Samples(stacks, None if (labels == NO_LABEL).any() else labels, first)
        first += len(batch)
