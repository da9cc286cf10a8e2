"""Which chips a network fits, and how fast it is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from nmcu.errors import counted
from nmcu.report.grid import Column, Grid, Kind
from nmcu.report.names import label
from nmcu.report.units import size
from nmcu.report.usage import Usage
from nmcu.result import Result


@dataclass(frozen=True)
class Fitted:
    """A network on one chip: what it takes, simulated cycles and `mismatches`, the elements of its outputs that differ
    from the reference; or `reason`, why it does not fit or run there."""

    target: str
    isa: str
    cores: int
    clock_hz: int
    usage: Usage | None = None
    cycles: int | None = None
    mismatches: int = 0
    reason: str | None = None
    assumptions: tuple[str, ...] = ()

    @property
    def time_ms(self) -> float | None:
        """Cycles at the chip's clock."""
        return None if self.cycles is None else self.cycles / self.clock_hz * 1e3

    @property
    def bit_exact(self) -> bool:
        """Whether no output of a run was wrong."""
        return self.mismatches == 0

    def to_json(self) -> dict[str, Any]:
        """The values as columns; `fits` is whether it ran, `bit_exact` whether with the right outputs."""
        used = self.usage
        return {
            "target": self.target,
            "isa": self.isa,
            "cores": self.cores,
            "clock_hz": self.clock_hz,
            "fits": self.reason is None,
            "reason": self.reason,
            "bit_exact": self.bit_exact if self.reason is None else None,
            "ram_bytes": used and used.ram_bytes,
            "ram_size": used and used.ram_size,
            "flash_bytes": used and used.flash_bytes,
            "flash_size": used and used.flash_size,
            "cycles": self.cycles,
            "time_ms": self.time_ms,
            "assumptions": list(self.assumptions),
        }


@dataclass(frozen=True, repr=False)
class Fit(Result):
    """The network `model` on every chip that was looked at."""

    model: str
    chips: tuple[Fitted, ...]

    def __str__(self) -> str:
        fitting = sum(chip.reason is None for chip in self.chips)
        return f"{label(self.model)} fits {fitting} of {counted(len(self.chips), 'target')}"

    @property
    def bit_exact(self) -> bool:
        """Whether no output was wrong on any chip."""
        return all(chip.bit_exact for chip in self.chips)

    def to_json(self) -> dict[str, Any]:
        """Model and targets."""
        return {"model": self.model, "targets": self.rows()}

    def rows(self) -> list[dict[str, Any]]:
        """The targets."""
        return [chip.to_json() for chip in self.chips]


def fit_table(found: Fit) -> RenderableType:
    """A line for each chip; under the table why some do not fit, and what was assumed of the others."""
    columns = (
        Column("target", Kind.NAME),
        Column("isa", Kind.WORD, rank=3),
        Column("cores", rank=4),
        Column("MHz", rank=5),
        Column("RAM", rank=1),
        Column("of", rank=2),
        Column("flash", rank=1),
        Column("of", rank=2),
        Column("cycles"),
        Column("ms"),
    )
    rows = [_line(chip) for chip in found.chips]
    notes = [Text(f"{chip.target}: {chip.reason}") for chip in found.chips if chip.reason]
    assumed: dict[str, list[str]] = {}
    for chip in found.chips:
        for assumption in chip.assumptions if chip.reason is None else ():
            assumed.setdefault(assumption, []).append(chip.target)
    for assumption, targets in assumed.items():
        notes.append(Text(f"assumed of {', '.join(targets)}: {assumption}", style="dim"))
    return Group(Grid(columns, rows), Text(str(found)), *notes)


def _line(chip: Fitted) -> Sequence[str]:
    used = chip.usage
    memory = ("",) * 4
    if used:
        flash = (size(used.flash_bytes), size(used.flash_size)) if used.flash_size else ("", "")
        memory = size(used.ram_bytes), size(used.ram_size), *flash
    time = "does not fit" if chip.time_ms is None else f"{chip.time_ms:,.2f}"
    if not chip.bit_exact:
        time = "wrong outputs"
    return (
        *(chip.target, chip.isa, str(chip.cores), f"{chip.clock_hz / 1e6:.0f}", *memory),
        "" if chip.cycles is None else f"{chip.cycles:,}",
        time,
    )
