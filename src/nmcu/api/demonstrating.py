"""The example networks side by side."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmcu import host
from nmcu.api.evaluating import evaluate
from nmcu.api.model import TARGET, Stage
from nmcu.api.running import run
from nmcu.bench import examples
from nmcu.errors import NmcuError, counted
from nmcu.host import Accuracy
from nmcu.report import RunReport
from nmcu.result import Result
from nmcu.targets import Target


@dataclass(frozen=True, eq=False)
class Example:
    """One network's run; its top-1 in per cent as its metrics.json states it, and as measured now, None where not."""

    run: RunReport
    stated: float | None
    measured: Accuracy | None


@dataclass(frozen=True, eq=False, repr=False)
class Demo(Result):
    """The runs of the example networks, dense ones first."""

    examples: tuple[Example, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """Networks whose outputs differ from the reference."""
        return tuple(example.run.model for example in self.examples if not example.run.bit_exact)

    def __str__(self) -> str:
        right = f"outputs differ: {', '.join(self.wrong)}" if self.wrong else "all bit-exact"
        return f"{counted(len(self.examples), 'network')}, {right}"

    def to_json(self) -> list[dict[str, Any]]:
        """One object for each network."""
        return self.rows()

    def rows(self) -> list[dict[str, Any]]:
        """The networks; `top1` is in per cent, `weight_bytes` are as stored, positions included."""
        return [
            {
                "model": run.model,
                "top1": example.stated,
                "top1_measured": None if example.measured is None else round(example.measured.top1, 4),
                "cycles": run.cycles,
                "time_ms": round(run.time_ms, 6),
                "macs_per_cycle": round(run.macs_per_cycle, 4),
                "weight_bytes": run.memory.weight_bytes + run.memory.index_bytes,
                "bit_exact": run.bit_exact,
            }
            for example in self.examples
            for run in (example.run,)
        ]


def demo(
    models: str | Path = examples.EXAMPLES,
    *,
    target: str | Target = TARGET,
    data: str | Path | None = None,
    limit: int | None = None,
    jobs: int = 2,
    on_stage: Stage | None = None,
    on_image: Callable[[int], object] | None = None,
) -> Demo:
    """Runs all networks of the folder `models` on `target`, checked bit for bit.

    Their accuracy is the one that the folder's metrics.json states; over `data` (see `evaluate`, also for `limit` and
    `jobs`) it is measured as well. Raises `NmcuError` where there is no model or no image.
    """
    folder = Path(models)
    files = sorted(folder.glob("*.onnx*"), key=lambda file: ("_dense" not in file.name, file.name))
    if not files:
        raise NmcuError(f"there are no models (*.onnx) in {folder}: name a folder that has some")
    if data is not None:
        next(host.images(Path(data)))
    found = []
    for file in files:
        report = run(file, target=target, on_stage=on_stage)
        accuracy = None
        if data is not None:
            accuracy = evaluate(
                file, data, target=target, limit=limit, jobs=jobs, on_stage=on_stage, on_image=on_image
            )
        found.append(Example(report, examples.top1(file), accuracy))
    return Demo(tuple(found))
