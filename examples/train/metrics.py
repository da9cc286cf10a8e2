"""`metrics.json` of an experiment: what it was begun with, its history, its figures at the end."""

import dataclasses
import json
import platform
from pathlib import Path
from typing import Any

import torch
from budget import shortened
from experiment import Experiment, restored

from nmcu.errors import NmcuError
from nmcu.files import write_atomically


@dataclasses.dataclass(frozen=True)
class Metrics:
    """The file in `folder`, of the experiment `recipe`."""

    folder: Path
    recipe: Experiment

    def begun(self) -> dict[str, Any]:
        """What the file holds, nothing where there is none.

        Raises `NmcuError` where it is of another experiment of the same name.
        """
        file = self.folder / "metrics.json"
        if not file.is_file():
            return {}
        metrics: dict[str, Any] = json.loads(file.read_text())
        own = json.loads(json.dumps(dataclasses.asdict(self.recipe)))
        found = dataclasses.asdict(restored(metrics.get("recipe", metrics["experiment"]), str(file)))
        phases = {row["phase"] for row in metrics["history"]}
        for table in own:
            if found[table] != own[table] and (table != "quantize" or "int8" in phases):
                raise NmcuError(
                    f"{self.recipe.name} in {self.folder.parent} was begun with {table} = {found[table]}, now it is "
                    f"{own[table]}: give the experiment another name, or other folders with --out and --cache"
                )
        return metrics

    def planned(self, metrics: dict[str, Any]) -> Experiment:
        """The experiment with the epochs that it was begun with."""
        if "recipe" not in metrics:
            return self.recipe
        epochs = (metrics["experiment"][phase]["epochs"] for phase in ("train", "quantize"))
        return shortened(self.recipe, *epochs)

    def write(
        self,
        experiment: Experiment,
        device: torch.device,
        history: list[dict[str, Any]],
        final: dict[str, Any] | None = None,
    ) -> None:
        """Write the file: `experiment` is the recipe with the epochs that are planned."""
        name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU {platform.machine()}"
        recipe = {} if self.recipe == experiment else {"recipe": dataclasses.asdict(self.recipe)}
        metrics = {
            "experiment": dataclasses.asdict(experiment),
            **recipe,
            "machine": f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}",
            "history": history,
            **({} if final is None else {"final": final}),
        }
        write_atomically(self.folder / "metrics.json", (json.dumps(metrics, indent=1) + "\n").encode())
