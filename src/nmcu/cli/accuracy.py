"""Measures accuracy with a progress bar."""

import os
from pathlib import Path

import nmcu
from nmcu.cli.output import counting
from nmcu.host import Accuracy


def measure(
    model: Path,
    data: Path,
    limit: int | None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    *,
    target: str = "cluster8",
    isa: str = "xcv",
    jobs: int = os.cpu_count() or 1,
) -> Accuracy:
    """`nmcu.evaluate`, which see, counting images on the terminal."""
    with counting(model.name) as tell:
        return nmcu.evaluate(
            model,
            data,
            target=target,
            isa=isa,
            limit=limit,
            mean=mean,
            std=std,
            jobs=jobs,
            on_stage=lambda stage: tell(0, 0, stage),
            on_image=lambda done: tell(done, limit or 0, "images"),
        )
