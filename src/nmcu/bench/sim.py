"""How fast the simulator runs: one core, and eight that compete for L1 banks."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nmcu import targets
from nmcu.registry import Registry
from nmcu.result import Result
from nmcu.sim import SimResult, simulate
from nmcu.toolchain import build

LOAD = Path(__file__).parent / "sim_load.c"
REPEATS = 3


@dataclass(frozen=True, repr=False)
class SimSpeed(Result):
    """Millions of simulated instructions per second of CPU time (one thread), the best of three runs each."""

    one_core_mips: float
    eight_core_mips: float
    one_core_instructions: int
    eight_core_instructions: int

    def __str__(self) -> str:
        return (
            f"one core: {self.one_core_mips} M instructions/s; eight cores: {self.eight_core_mips} M/s in all"
        )

    def to_json(self) -> dict[str, Any]:
        """The values by name."""
        return asdict(self)

    def rows(self) -> list[dict[str, Any]]:
        """One row: the same."""
        return [self.to_json()]


def sim_speed(rounds: int = 400) -> SimSpeed:
    """Runs the same mix (sorting, CRC, matrix product) on `cv32e40p` and on all cores of `cluster8`."""
    one, one_mips = _measure("cv32e40p", 4 * rounds)
    eight, eight_mips = _measure("cluster8", rounds)
    return SimSpeed(one_mips, eight_mips, one.instructions, eight.instructions)


def _measure(target_name: str, rounds: int) -> tuple[SimResult, float]:
    target = targets.get(target_name)
    image = build([LOAD], target, Registry.installed().isa("xcv"), defines={"ROUNDS": str(rounds)})
    best = 0.0
    for _ in range(REPEATS):
        start = time.process_time()
        result = simulate(image.elf, target)
        best = max(best, result.instructions / (time.process_time() - start) / 1e6)
    return result, round(best, 1)
