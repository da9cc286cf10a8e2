"""Accuracy over a data set, with the program that the device would run."""

import queue
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError, NmcuError
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.host.dataset import Sample
from nmcu.host.library import HostProgram, build
from nmcu.host.program import program_of
from nmcu.plan import Plan
from nmcu.result import Result
from nmcu.text import printable

PIXEL_SCALE = 0.5
"""A quantised input with at least this scale takes pixel values from 0 to 255 as they are."""
AHEAD = 8
"""Images in flight per thread."""


@dataclass(frozen=True, repr=False)
class Accuracy(Result):
    """How many of how many images were classified right, how fast, and the machine that the program was planned for.

    The program ran here, with portable bodies of the kernels that `target` runs with `isa`.
    """

    model: str
    images: int
    correct: int
    seconds: float
    target: str
    isa: str

    def __str__(self) -> str:
        return (
            f"{printable(self.model)}: {self.correct:,} of {self.images:,} right, top-1 {self.top1:.2f} %, "
            f"{self.images_per_second:.0f} images/s (planned for {self.target}, {self.isa})"
        )

    def to_json(self) -> dict[str, Any]:
        """The counts and what follows from them."""
        return {
            "model": self.model,
            "target": self.target,
            "isa": self.isa,
            "images": self.images,
            "correct": self.correct,
            "top1": round(self.top1, 4),
            "images_per_second": round(self.images_per_second, 1),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row: what `to_json` gives."""
        return [self.to_json()]

    @property
    def top1(self) -> float:
        """Per cent of the images whose highest output is their class."""
        return 100 * self.correct / self.images

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds


@dataclass(frozen=True)
class Preprocessing:
    """From pixels to the model's input: `(pixel / 255 - mean) / std` per channel, or the pixel itself."""

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        counts = {len(self.mean), len(self.std)}
        if counts - {1, 3} or not np.isfinite([*self.mean, *self.std]).all() or min(self.std) <= 0:
            raise NmcuError(
                f"mean {self.mean} and std {self.std} are not possible: one number or three are needed, finite, "
                "std above 0"
            )

    @classmethod
    def of(
        cls, graph: Graph, mean: tuple[float, ...] | None = None, std: tuple[float, ...] | None = None
    ) -> "Preprocessing":
        """What the metadata `nmcu.mean` and `nmcu.std` of the model say, unless given."""
        return cls(
            mean if mean is not None else _floats(graph, "nmcu.mean", (0.0,)),
            std if std is not None else _floats(graph, "nmcu.std", (1.0,)),
        )

    def real(self, pixels: NDArray[np.uint8], device: TensorInfo) -> NDArray[np.float32]:
        """The real input, (height, width, channels), for the device's input tensor."""
        if device.quant[0] >= PIXEL_SCALE:
            return pixels.astype(np.float32)
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return (pixels.astype(np.float32) / np.float32(255) - mean) / std


def evaluate(
    graph: Graph,
    plan: Plan,
    samples: Iterable[Sample],
    *,
    preprocessing: Preprocessing,
    jobs: int = 2,
    progress: Callable[[int], object] = lambda done: None,
) -> Accuracy:
    """Classifies `samples` with the program of `plan`, which was made from `graph`, on this machine in `jobs` threads.

    `progress` is told how many are done. Raises `ModelError` where the model is not an image classifier, `NmcuError`
    where an image does not fit it or there are none, `PlanError` where a kernel of the plan does not run here.
    """
    classifier = _Classifier(graph, preprocessing)
    program = program_of(plan)
    library = build(program)
    idle: queue.SimpleQueue[HostProgram] = queue.SimpleQueue()

    def is_right(sample: Sample) -> bool:
        feeds = classifier.encode(sample)
        loaded = idle.get()
        try:
            outputs = loaded.run(feeds)
        finally:
            idle.put(loaded)
        return classifier.is_right(outputs, sample)

    start = time.perf_counter()
    count = correct = 0
    with ExitStack() as copies, ThreadPoolExecutor(jobs) as pool:
        for _ in range(jobs):
            idle.put(copies.enter_context(HostProgram(program, library)))
        for right in _in_flight(pool, is_right, iter(samples), AHEAD * jobs):
            count, correct = count + 1, correct + right
            progress(count)
    if count == 0:
        raise NmcuError("there are no images to evaluate")
    seconds = time.perf_counter() - start
    return Accuracy(graph.name or "model", count, correct, seconds, plan.target.name, str(plan.isa))


def image_inputs(
    graph: Graph, preprocessing: Preprocessing, samples: Iterable[Sample]
) -> Iterator[dict[str, NDArray[Any]]]:
    """The inputs of `graph` in the model's own dtype and layout for images. Raises as `evaluate` does."""
    classifier = _Classifier(graph, preprocessing)
    return map(classifier.inputs, samples)


class _Classifier:
    """The way from an image to the program's input, and from its output to a class."""

    def __init__(self, graph: Graph, preprocessing: Preprocessing) -> None:
        self._edge = graph.border
        self._preprocessing = preprocessing
        if len(self._edge.encoders) != 1 or len(self._edge.decoders) != 1:
            raise ModelError("this is not an image classifier: one input and one output are needed")
        (encoder,) = self._edge.encoders
        if not isinstance(encoder.op, ops.Encode) or len(encoder.outputs[0].shape) != 4:
            raise ModelError(
                f"this is not an image classifier: input {encoder.inputs[0].name!r} has shape {encoder.inputs[0].shape}"
            )
        self._input, self._device, self._perm = encoder.inputs[0], encoder.outputs[0], encoder.op.perm

    def encode(self, sample: Sample) -> dict[str, NDArray[Any]]:
        """The program's input for an image."""
        return self._edge.encode(self.inputs(sample))

    def inputs(self, sample: Sample) -> dict[str, NDArray[Any]]:
        """The model's own input for an image."""
        _, height, width, channels = self._device.shape
        if channels not in (1, 3):
            raise ModelError(f"the model's input has {channels} channels; images have 1 or 3")
        pixels = sample.pixels(channels)
        if pixels.shape[:2] != (height, width):
            found = f"{pixels.shape[1]} x {pixels.shape[0]}"
            raise NmcuError(f"{sample.origin} is {found} pixels, the model needs {width} x {height}")
        real = self._preprocessing.real(pixels, self._device)[np.newaxis]
        array = np.ascontiguousarray(np.transpose(real, np.argsort(self._perm)))
        if self._input.dtype != "float32":
            scale, zero = self._device.quant
            quantised = np.clip(np.rint(array / np.float32(scale)) + zero, -128, 127)
            array = (quantised + (128 if self._input.dtype == "uint8" else 0)).astype(self._input.dtype)
        return {self._input.name: array}

    def is_right(self, outputs: dict[str, NDArray[Any]], sample: Sample) -> bool:
        """Whether the class with the highest output, the first of equal ones, is the image's."""
        (values,) = self._edge.decode(outputs).values()
        if values.size == 1 and values.dtype.kind == "i":  # an ArgMax in the model: the class itself
            return int(values.reshape(())) == sample.label
        if not 0 <= sample.label < values.size:
            raise NmcuError(
                f"{sample.origin} has label {sample.label}, the model's classes are 0 to {values.size - 1}"
            )
        return int(np.argmax(values)) == sample.label


def _in_flight(
    pool: ThreadPoolExecutor, work: Callable[[Sample], bool], samples: Iterator[Sample], width: int
) -> Iterator[bool]:
    """Results in order, with at most `width` samples taken from the source and not yet done."""
    pending: list[Future[bool]] = [pool.submit(work, sample) for sample in islice(samples, width)]
    while pending:
        yield pending.pop(0).result()
        pending += [pool.submit(work, sample) for sample in islice(samples, 1)]


def _floats(graph: Graph, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
    text = graph.metadata.get(key)
    if text is None:
        return default
    try:
        values = tuple(float(part) for part in text.replace("[", "").replace("]", "").split(","))
    except ValueError:
        raise ModelError(
            f"the model's metadata {key} is {text!r}; numbers separated by commas are needed"
        ) from None
    if len(values) not in (1, 3) or not all(np.isfinite(values)):
        raise ModelError(f"the model's metadata {key} is {text!r}; one number or three are needed")
    return values
