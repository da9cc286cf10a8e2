"""The same program on the instruction-set simulator and on the RTL: how far apart are the cycles?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from nmcu.errors import SimulationFault
from nmcu.rtl.simulate import simulate as simulate_rtl
from nmcu.sim import SimResult, simulate
from nmcu.targets import Target
from nmcu.toolchain import Image


@dataclass(frozen=True)
class Row:
    """Cycles of one program, or of one layer in it (`program/layer`), on both."""

    program: str
    cores: int
    iss_cycles: int
    rtl_cycles: int

    @property
    def error_percent(self) -> float:
        """How far the instruction-set simulator is off; negative: too fast."""
        return (
            round(100 * (self.iss_cycles - self.rtl_cycles) / self.rtl_cycles, 3) if self.rtl_cycles else 0.0
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "program": self.program,
            "cores": self.cores,
            "iss_cycles": self.iss_cycles,
            "rtl_cycles": self.rtl_cycles,
            "error_percent": self.error_percent,
        }


def compare(
    name: str,
    image: Image,
    inputs: Mapping[str, NDArray[Any]],
    expected: Mapping[str, NDArray[Any]],
    target: Target,
    *,
    layers: bool = False,
) -> tuple[Row, ...]:
    """One row for the whole run, after one for each layer if `layers`.

    `inputs` and `expected` outputs are int8 by tensor name. Raises `SimulationFault` where either run leaves other
    outputs or does not exit with 0.
    """
    iss, rtl = (_run(run, image, inputs, target) for run in (simulate, simulate_rtl))
    if iss.memory != rtl.memory:
        raise SimulationFault(f"{name}: the RTL's outputs differ from the instruction-set simulator's")
    if iss.exit_code != rtl.exit_code:
        raise SimulationFault(
            f"{name}: exit code {rtl.exit_code} on the RTL, {iss.exit_code} on the simulator"
        )
    rows = []
    if layers:
        for number, layer in sorted(image.regions.items()):
            cycles = [_span(result, number) for result in (iss, rtl)]
            if all(cycles):
                rows.append(Row(f"{name}/{layer}", target.cores, *cycles))
    return (*rows, Row(name, target.cores, iss.cycles, rtl.cycles))


def _run(run: Any, image: Image, inputs: Mapping[str, NDArray[Any]], target: Target) -> SimResult:
    writes = {image.symbols[port.symbol]: inputs[port.name].tobytes() for port in image.inputs}
    reads = [(image.symbols[port.symbol], port.bytes) for port in image.outputs]
    result: SimResult = run(image.elf, target, isa=image.isa, writes=writes, reads=reads)
    return result


def _span(result: SimResult, region: int) -> int:
    """Cycles from the first core that enters the region to the last that leaves it, over all visits."""
    visits = [visit for r in result.regions if r.region == region for visit in r.visits]
    return max(end for _, end in visits) - min(start for start, _ in visits) if visits else 0
