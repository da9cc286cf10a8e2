"""A float network and its int8 one, layer by layer: the value, printed, saved, looked up."""

import math
from dataclasses import dataclass
from typing import Any

from nmcu.errors import counted
from nmcu.layerwise.noise import Noise
from nmcu.report import Column, Grid, Kind
from nmcu.result import Result
from nmcu.text import printable


@dataclass(frozen=True)
class Compared:
    """A layer of the int8 network, the float network's `tensor` that it makes, its noise, and which `parameter` of its
    quantisation to look at: `reason` is a sentence. None where no tensor matches."""

    name: str
    op: str
    tensor: str | None
    noise: Noise | None
    parameter: str | None
    reason: str

    @property
    def snr_db(self) -> float:
        """Signal to noise of the result in the int8 network; no number where nothing matches."""
        return math.nan if self.noise is None else self.noise.snr_db


@dataclass(frozen=True, eq=False, repr=False)
class FloatComparison(Result):
    """How far the results of an int8 network's layers are from the float network's, on `samples` samples.

    `layers` are in execution order; `worst` has those that match, the least signal-to-noise first.
    """

    model: str
    float_model: str
    samples: int
    layers: tuple[Compared, ...]

    @property
    def worst(self) -> tuple[Compared, ...]:
        """The layers that match, worst first."""
        return tuple(sorted((x for x in self.layers if x.noise is not None), key=lambda layer: layer.snr_db))

    @property
    def unmatched(self) -> tuple[Compared, ...]:
        """The layers that no tensor of the float network could be found for."""
        return tuple(layer for layer in self.layers if layer.noise is None)

    def __str__(self) -> str:
        worst = self.worst[0]
        lines = [
            f"{printable(self.model)} against {printable(self.float_model)} on {counted(self.samples, 'sample')}: "
            f"{len(self.worst)} of {counted(len(self.layers), 'layer')} matched",
            f"worst: {printable(worst.name)}, {worst.snr_db:.1f} dB; look at its {worst.parameter}: {worst.reason}",
        ]
        if self.unmatched:
            lines.append(f"not matched: {', '.join(printable(layer.name) for layer in self.unmatched)}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The layers, worst first, those that do not match last."""
        return {
            "model": self.model,
            "float_model": self.float_model,
            "samples": self.samples,
            "layers": self.rows(),
            "unmatched": [layer.name for layer in self.unmatched],
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each layer in the same order."""
        return [_row(layer) for layer in (*self.worst, *self.unmatched)]


def _row(layer: Compared) -> dict[str, Any]:
    noise = layer.noise
    return {
        "name": layer.name,
        "op": layer.op,
        "tensor": layer.tensor,
        "snr_db": None if noise is None else _finite(noise.snr_db),
        "own_snr_db": None if noise is None else _finite(noise.own_snr_db),
        "clipped_percent": None if noise is None else round(100 * noise.outside / noise.values, 4),
        "saturated_percent": None if noise is None else round(100 * noise.saturated / noise.values, 4),
        "parameter": layer.parameter,
        "reason": layer.reason,
    }


def table(found: FloatComparison) -> Grid:
    """The layers, worst first."""
    columns = (
        Column("layer", Kind.NAME),
        Column("op", Kind.WORD, rank=4),
        Column("SNR dB"),
        Column("alone dB", rank=1),
        Column("clipped", rank=3),
        Column("saturated", rank=3),
        Column("look at", Kind.WORD),
        Column("why", Kind.TEXT, rank=2),
    )
    rows = []
    for row in found.rows():
        matched = row["parameter"] is not None
        rows.append(
            (
                row["name"],
                row["op"],
                _decibels(row["snr_db"]) if matched else "",
                _decibels(row["own_snr_db"]) if matched else "",
                f"{row['clipped_percent']:.2f} %" if matched else "",
                f"{row['saturated_percent']:.2f} %" if matched else "",
                row["parameter"] or "not matched",
                row["reason"],
            )
        )
    return Grid(columns, rows)


def _finite(value: float) -> float | None:
    """JSON has no infinity: None of a result that is exactly the float network's."""
    return round(value, 2) if math.isfinite(value) else None


def _decibels(value: float | None) -> str:
    return "exact" if value is None else f"{value:.1f}"
