"""What work costs on a core: cycles per unit, fitted to measurements by `nmcu bench fit` and kept in costs.json."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nmcu.isa import InstructionSet

COSTS_FILE = Path(__file__).parent / "costs.json"
PIPELINE = "pipeline"
"""The entry for what every `tile` and every `layer` costs beside its work, and by what factor transfers take longer
while the cores compute (`CONTENTION`)."""
CONTENTION = "contention"

Constants = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Costs:
    """Constants by instruction set, kernel and unit of work, in cycles.

    A larger instruction set has those of the largest one that it includes: `xdec` and `gmac` those of `xcv`.
    """

    constants: Mapping[str, Mapping[str, Constants]]

    def of(self, isa: InstructionSet) -> Mapping[str, Constants]:
        """The constants of every kernel, and of `PIPELINE`, for `isa`."""
        return isa.best(self.constants)

    def only(self, wanted: Callable[[str], bool]) -> "Costs":
        """The costs of those units of work that are `wanted`; the others take no time."""
        return Costs(
            {
                isa: {
                    kernel: {unit: cost if wanted(unit) else 0.0 for unit, cost in units.items()}
                    for kernel, units in kernels.items()
                }
                for isa, kernels in self.constants.items()
            }
        )


@cache
def fitted() -> Costs:
    """The constants that ship with the kernels."""
    return Costs(json.loads(COSTS_FILE.read_text(encoding="utf-8")))
