"""Accuracy over a data set."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from nmcu import host
from nmcu.api.model import Model, Stage, planned_once
from nmcu.errors import NmcuError
from nmcu.host import Accuracy, Preprocessing
from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.targets import Target

Channels = float | Sequence[float] | None
"""One number for all channels, one for each, or what the model says."""


def evaluate(
    model: Model,
    data: str | Path,
    *,
    target: str | Target | None = None,
    isa: str | InstructionSet | None = None,
    limit: int | None = None,
    mean: Channels = None,
    std: Channels = None,
    registry: Registry | None = None,
    jobs: int = 2,
    on_stage: Stage | None = None,
    on_image: Callable[[int], object] | None = None,
) -> Accuracy:
    """Accuracy of an image classifier over `data`, with the program the device would run, built for this machine.

    `model` is what `compile` gives, or a model file or graph, which is planned as by `compile` for `target` (default
    `cluster8`) and `isa` (default `xcv`). The program has the same kernels, tiles and constants; only their bodies are
    portable C, whose arithmetic is the same bit for bit. `data` is a Parquet file or a folder of folders
    (`nmcu.host.images`), of which `limit` images are used, `jobs` at a time. The model's input is
    `(pixel / 255 - mean) / std`, with what its metadata says where `mean` and `std` are not given; a model whose input
    scale is 0.5 or more takes the pixel. Raises a `NmcuError` for what does not fit.
    """
    for name, number in (("limit", limit), ("jobs", jobs)):
        if number is not None and number < 1:
            raise NmcuError(f"{name} is {number}; it must be at least 1")
    found = planned_once(model, target, isa, registry, on_stage)
    if on_stage is not None:
        on_stage("compiling")
    accuracy = host.evaluate(
        found.graph,
        found.plan,
        host.images(Path(data), limit),
        preprocessing=Preprocessing.of(found.graph, _tuple(mean), _tuple(std)),
        jobs=jobs,
        progress=on_image or (lambda done: None),
    )
    return replace(accuracy, model=found.model)


def _tuple(values: Channels) -> tuple[float, ...] | None:
    if values is None:
        return None
    return tuple(values) if isinstance(values, Sequence) else (values,)
