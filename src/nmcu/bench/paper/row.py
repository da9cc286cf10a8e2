"""What a published claim is set beside."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any


@dataclass(frozen=True)
class PaperRow:
    """One claim: what the paper says, what its kernels do here, what is best here; None where it is not measured.

    All are in `unit`. `best` is the fastest on a core with what the claim is about, `gmac` on one with the second
    generation of the instruction. Both keep to the claim's pattern, channels with positions of their own; `detail` says
    what was measured, and what sharing positions over four channels gives.
    """

    claim: str
    unit: str
    published: float | None
    published_kernels: float | None
    best: float | None
    gmac: float | None
    detail: str

    def to_json(self) -> dict[str, Any]:
        """The row as JSON data."""
        return asdict(self)


def mean(values: Sequence[float | None]) -> float | None:
    """The geometric mean; None if a value is missing."""
    known = [value for value in values if value is not None]
    return round(prod(known) ** (1 / len(known)), 2) if known and len(known) == len(values) else None


def shown(value: float | None) -> str:
    """A factor in a sentence."""
    return "not measured" if value is None else f"{value:.2f}"
