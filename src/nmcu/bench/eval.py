"""How many images `nmcu eval` classifies in a second."""

import io
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nmcu import host, plan, targets
from nmcu.bench.examples import EXAMPLES
from nmcu.errors import ModelError
from nmcu.host import Preprocessing, Sample
from nmcu.operators import load
from nmcu.registry import Registry
from nmcu.result import Result
from nmcu.text import printable

REPEATS = 3
DEFAULT = EXAMPLES / "resnet8_dense.onnx"


@dataclass(frozen=True, repr=False)
class EvalSpeed(Result):
    """Images per second of the whole line: decoding, quantising, running, deciding. The best of three runs.

    `cpu_ms_per_image` is CPU time of all threads together, which other load on the machine changes little.
    """

    model: str
    images: int
    threads: int
    cores: int
    images_per_second: float
    cpu_ms_per_image: float

    def __str__(self) -> str:
        return (
            f"{printable(self.model)}: {self.images_per_second} images/s in {self.threads} threads "
            f"on {self.cores} cores, {self.cpu_ms_per_image} ms of CPU time each"
        )

    def to_json(self) -> dict[str, Any]:
        """The values by name."""
        return asdict(self)

    def rows(self) -> list[dict[str, Any]]:
        """One row: the same."""
        return [self.to_json()]


def eval_speed(model: str | Path = DEFAULT, images: int = 1000, threads: int = 2) -> EvalSpeed:
    """Evaluates `model`, an image classifier, on random PNG images of its input's size, held in memory.

    Raises `ModelError` for a model that takes no images.
    """
    model = Path(model)
    network = load(model, Registry.installed().operators.values())
    inputs = network.inputs
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[3] not in (1, 3):
        raise ModelError(f"{model.name} takes no images: one input of (1, height, width, 1 or 3) is needed")
    _, height, width, channels = inputs[0].shape
    samples = _samples(images, (height, width, channels))
    registry = Registry.installed()
    planned = plan.make(network, targets.get("cluster8"), registry.isa("xcv"), registry)
    settings = Preprocessing.of(network)
    rates, costs = [], []
    for _ in range(REPEATS):
        start = time.process_time()
        run = host.evaluate(network, planned, samples, preprocessing=settings, jobs=threads)
        costs.append((time.process_time() - start) / images * 1000)
        rates.append(run.images_per_second)
    return EvalSpeed(
        model=model.name,
        images=images,
        threads=threads,
        cores=os.cpu_count() or 1,
        images_per_second=round(max(rates), 1),
        cpu_ms_per_image=round(min(costs), 3),
    )


def _samples(count: int, shape: tuple[int, int, int]) -> list[Sample]:
    rng = np.random.default_rng(0)
    return [Sample(_png(rng.integers(0, 256, shape, np.uint8)), 0, f"image {n}") for n in range(count)]


def _png(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    from PIL import Image  # late: only evaluation needs images

    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(buffer, "png")
    return buffer.getvalue()
