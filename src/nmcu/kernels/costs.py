"""What work costs on a core: cycles per unit, fitted to measurements by `nmcu bench fit` and kept in costs.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nmcu.isa import InstructionSet

COSTS_FILE = Path(__file__).parent / "costs.json"
PIPELINE = "pipeline"
"""The entry for what every `tile` and every `layer` costs beside its work, and by what factor transfers take longer
while the cores compute (`contention`)."""

Constants = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Costs:
    """Constants by instruction set, kernel and unit of work, in cycles.

    A larger instruction set has those of the largest one that it includes: `xdec` those of `xcv`.
    """

    constants: Mapping[str, Mapping[str, Constants]]

    def of(self, isa: InstructionSet) -> Mapping[str, Constants]:
        """The constants of every kernel, and of `PIPELINE`, for `isa`."""
        return isa.best(self.constants)


@cache
def fitted() -> Costs:
    """The constants that ship with the kernels."""
    return Costs(json.loads(COSTS_FILE.read_text(encoding="utf-8")))
