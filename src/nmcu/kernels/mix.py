"""What a kernel's time consists of, and so how much longer it is on another kind of core than on a CV32E40P, on which
all costs are measured. Counted by `nmcu bench mix`, kept in mixes.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nmcu.cores.core import Timing
from nmcu.isa import InstructionSet

MIXES_FILE = Path(__file__).parent / "mixes.json"
WHOLE = ""
"""The unit that stands for all of a kernel's work, and the kernel that stands for all that are not counted."""
CONSTANT = "constant"
"""A read of constants where they lie."""
EVENTS = ("load", "store", "load_use", "multiply", "multiply_high", "divide", "branch", "jump", CONSTANT)
"""What takes other cores more or fewer cycles: instructions, taken branches, waiting for a load."""
REMEMBERED = 0.5
"""Share of the taken branches that a core takes at once which remembers the last one."""
DIVISION_CYCLES = 19
"""Of a CV32E40P, by a divisor of 16 bits."""
REFERENCE = Timing()

Mix = Mapping[str, float]
"""Events in each cycle of a CV32E40P."""


@dataclass(frozen=True, eq=False)
class Mixes:
    """Mixes by instruction set, kernel and unit of work (`nmcu.kernels.costs`); `WHOLE` where one has no entry."""

    counted: Mapping[str, Mapping[str, Mapping[str, Mix]]]

    def of(self, isa: InstructionSet, kernel: str, unit: str) -> Mix:
        """The mix of a unit of a kernel's work; empty where nothing is known."""
        kernels = isa.best(self.counted)
        units = kernels.get(kernel) or kernels.get(WHOLE) or {}
        return units.get(unit) or units.get(WHOLE) or {}


@cache
def counted() -> Mixes:
    """The mixes that ship with the kernels."""
    return Mixes(json.loads(MIXES_FILE.read_text(encoding="utf-8")))


def more_cycles(timing: Timing, constant_cycles: int) -> Mapping[str, float]:
    """What each event takes more on a core with this `timing`, a read of constants `constant_cycles`."""
    branch = float(timing.taken_branch - REFERENCE.taken_branch)
    if timing.remembers_branch:
        branch -= REMEMBERED * (timing.taken_branch - 1)
    return {
        "load": timing.load - REFERENCE.load,
        "store": timing.store - REFERENCE.store,
        "load_use": timing.load_use - REFERENCE.load_use,
        "multiply": timing.multiply - REFERENCE.multiply,
        "multiply_high": timing.multiply_high - REFERENCE.multiply_high,
        "divide": timing.divide - DIVISION_CYCLES if timing.divide else 0,
        "branch": branch,
        "jump": timing.jump - REFERENCE.jump,
        CONSTANT: constant_cycles - 1,
    }
