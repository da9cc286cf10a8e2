"""How fast the simulator runs: one core, and eight that compete for L1 banks."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from nmcu import targets
from nmcu.registry import Registry
from nmcu.sim import SimResult, simulate
from nmcu.toolchain import build

LOAD = Path(__file__).parent / "sim_load.c"
REPEATS = 3


@dataclass(frozen=True)
class SimSpeed:
    """Millions of simulated instructions per second of CPU time (one thread), the best of three runs each."""

    one_core_mips: float
    eight_core_mips: float
    one_core_instructions: int
    eight_core_instructions: int

    def as_dict(self) -> dict[str, float]:
        """The values by name, for `--json`."""
        return asdict(self)


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
