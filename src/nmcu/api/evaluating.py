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
    keep_state: bool = False,
    fallback: str | None = None,
    registry: Registry | None = None,
    jobs: int = 2,
    scheduler: str | None = None,
    on_stage: Stage | None = None,
    on_image: Callable[[int], object] | None = None,
) -> Accuracy:
    """Accuracy of an image classifier over `data`, with the program the device would run, built for this machine.

    `model` is what `compile` gives, or a model file or graph, which is planned as by `compile` for `target` (default
    `cluster8`) and `isa` (default: what the target names). The program has the same kernels, tiles and constants; only
    their bodies are portable C, whose arithmetic is the same bit for bit. `data` is a Parquet file or a folder of
    folders (`nmcu.host.images`), of which `limit` images are used, `jobs` at a time here, or on
    a Dask cluster (`scheduler`). The model's input is
    `(pixel / 255 - mean) / std`, with what its metadata says where `mean` and `std` are not given; a model whose input
    scale is 0.5 or more takes the pixel. A model's states are reset before each image unless `keep_state`,
    with which the images are one sequence. `fallback` is as `load` takes it. Raises a `NmcuError` for what does
    not fit.
    """
    for name, number in (("limit", limit), ("jobs", jobs)):
        if number is not None and number < 1:
            raise NmcuError(f"{name} is {number}; it must be at least 1")
    found = planned_once(model, target, isa, registry, on_stage, fallback=fallback)
    if on_stage is not None:
        on_stage("compiling")
    accuracy = host.evaluate(
        found.graph,
        found.plan,
        host.images(Path(data), limit),
        preprocessing=Preprocessing.of(found.graph, per_channel(mean), per_channel(std)),
        jobs=jobs,
        scheduler=scheduler,
        keep_state=keep_state,
        progress=on_image or (lambda done: None),
    )
    return replace(accuracy, model=found.model)


def per_channel(values: Channels) -> tuple[float, ...] | None:
    """What a user gives, as `Preprocessing` takes it."""
    if values is None:
        return None
    return tuple(values) if isinstance(values, Sequence) else (values,)
