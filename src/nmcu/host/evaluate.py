"""Accuracy over a data set, with the program that the device would run."""

import queue
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError, NmcuError
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.host.dataset import Sample
from nmcu.host.library import HostProgram, build
from nmcu.host.parted import PartedProgram, is_parted, parts_of
from nmcu.host.program import program_of
from nmcu.plan import Plan, make
from nmcu.registry import Registry
from nmcu.result import Result
from nmcu.targets import Target
from nmcu.text import printable
from nmcu.work import Failure, Threads, in_order, workers

PIXEL_SCALE = 0.5
"""A quantised input with at least this scale takes pixel values from 0 to 255 as they are."""
BATCH = 16
"""Images that a worker takes at once."""


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
        if device.dtype == "int8" and device.quant[0] >= PIXEL_SCALE:
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
    scheduler: str | None = None,
    keep_state: bool = False,
    progress: Callable[[int], object] = lambda done: None,
) -> Accuracy:
    """Classifies `samples` with the program of `plan`, made from `graph`, on this machine in `jobs` threads, or on the
    workers of a Dask cluster (`scheduler`), which plan and build it anew.

    States start afresh with each sample, or last from one to the next with `keep_state`, which takes one thread.

    `progress` is told how many are done. Raises `ModelError` where the model is not an image classifier, `NmcuError`
    where an image does not fit it or there are none, `PlanError` where a kernel of the plan does not run here.
    """
    sequence = keep_state and bool(graph.states)
    if sequence and scheduler is not None:
        raise NmcuError(
            "images that are one sequence cannot be shared among workers: leave the scheduler out"
        )
    right = _Right(graph, plan, preprocessing, keep_state)
    pool = Threads(1 if sequence else jobs) if scheduler is None else workers(jobs, scheduler)
    count = correct = 0
    with pool:
        start = time.perf_counter()
        for batch in in_order(pool.outcomes(right, _batches(iter(samples)))):
            if isinstance(batch, Failure):
                raise NmcuError(batch.message)
            for each in batch:
                count, correct = count + 1, correct + each
                progress(count)
        seconds = time.perf_counter() - start
    if count == 0:
        raise NmcuError("there are no images to evaluate")
    return Accuracy(graph.name or "model", count, correct, seconds, plan.target.name, str(plan.isa))


class _Right:
    """Which images of a batch are classified right, by a program of this machine that threads have a copy of each."""

    def __init__(self, graph: Graph, plan: Plan, preprocessing: Preprocessing, keep_state: bool) -> None:
        self._classifier = _Classifier(graph, preprocessing)
        parts = parts_of(graph, plan.target, plan.isa) if is_parted(graph) else None
        self._load = _loading(plan) if parts is None else partial(PartedProgram, graph, parts)
        self._reset = not keep_state
        self._idle: queue.SimpleQueue[_Loaded] = queue.SimpleQueue()
        self._building = Lock()
        self._there = graph, plan.target, str(plan.isa), preprocessing, keep_state

    def __reduce__(self) -> tuple[object, ...]:
        """Paths and processors are others on another machine: there it is planned and built again."""
        return _planned_there, self._there

    def __call__(self, batch: tuple[Sample, ...]) -> list[bool]:
        loaded = self._loaded()
        try:
            return [self._is_right(loaded, sample) for sample in batch]
        finally:
            self._idle.put(loaded)

    def _is_right(self, loaded: "_Loaded", sample: Sample) -> bool:
        feeds = self._classifier.encode(sample)
        if self._reset:
            loaded.reset()
        return self._classifier.is_right(loaded.run(feeds), sample)

    def _loaded(self) -> "_Loaded":
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            with self._building:  # the first one compiles, others find that in the cache
                return self._load()


class _Loaded(Protocol):
    """A network that runs on this machine."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]: ...
    def reset(self) -> None: ...


def _loading(plan: Plan) -> Callable[[], _Loaded]:
    program = program_of(plan)
    return lambda: HostProgram(program, build(program))


def _planned_there(
    graph: Graph, target: Target, isa: str, preprocessing: Preprocessing, keep_state: bool
) -> _Right:
    registry = Registry.installed()
    return _Right(graph, make(graph, target, registry.isa(isa), registry), preprocessing, keep_state)


def _batches(samples: Iterator[Sample]) -> Iterator[tuple[Sample, ...]]:
    while batch := tuple(islice(samples, BATCH)):
        yield batch


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
        channels = encoder.outputs[0].shape[3]
        if channels not in (1, 3):
            raise ModelError(f"the model's input has {channels} channels; images have 1 or 3")
        self._input, self._device, self._perm = encoder.inputs[0], encoder.outputs[0], encoder.op.perm

    def encode(self, sample: Sample) -> dict[str, NDArray[Any]]:
        """The program's input for an image."""
        return self._edge.encode(self.inputs(sample))

    def inputs(self, sample: Sample) -> dict[str, NDArray[Any]]:
        """The model's own input for an image."""
        _, height, width, channels = self._device.shape
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
