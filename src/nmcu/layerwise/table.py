"""Sensitivity as a table for a terminal."""

from collections.abc import Iterator

from nmcu.layerwise.score import Metric
from nmcu.layerwise.sensitivity import LayerSensitivity, Pruned, Sensitivity
from nmcu.report import Column, Grid, Kind, Rule

LOSS: dict[Metric, str] = {"top1": "points lost", "kl": "divergence", "mse": "square error"}


def table(found: Sensitivity) -> Grid:
    """A row for each layer at each pattern; cycles are the whole network's."""
    accuracy = found.unchanged.top1 is not None
    measured = found.measured is not None
    noise = any(layer.snr_db is not None for layer in found.layers)
    columns = [
        Column("layer", Kind.NAME),
        Column("op", Kind.WORD, rank=5),
        *([Column("int8 SNR dB", rank=4)] if noise else []),
        Column("pattern", Kind.WORD),
        *([Column("top-1 %", rank=3)] if accuracy else []),
        Column(LOSS[found.metric]),
        Column("predicted cycles", rank=2),
        Column("saved", rank=1),
        *([Column("measured cycles", rank=2)] if measured else []),
        Column("weights", rank=3),
    ]
    rows: list[list[str] | Rule] = []
    for layer in found.layers:
        rows += [Rule()] if rows else []
        for first, pruned in enumerate(layer.pruned):
            name = [layer.name, layer.op] if not first else [layer.name, ""]
            rows.append([*name, *_cells(found, layer, pruned, accuracy, measured, noise)])
    return Grid(columns, rows)


def _cells(
    found: Sensitivity, layer: LayerSensitivity, pruned: Pruned, accuracy: bool, measured: bool, noise: bool
) -> Iterator[str]:
    loss = found.loss(pruned)
    if noise:
        yield "" if layer.snr_db is None else f"{layer.snr_db:.1f}"
    yield str(pruned.pattern)
    if accuracy:
        yield f"{pruned.score.top1:.2f}"
    yield f"{loss:.2f}" if found.metric == "top1" else f"{loss:.3g}"
    yield _number(pruned.predicted) if pruned.reason is None else "does not fit"
    yield _saved(found, pruned)
    if measured:
        yield _number(pruned.measured)
    yield _number(None if pruned.cost is None else pruned.cost.weight_bytes)


def _saved(found: Sensitivity, pruned: Pruned) -> str:
    """The share of the network's cycles that the zeros save: measured, else predicted."""
    pairs = ((found.measured, pruned.measured), (found.predicted, pruned.predicted))
    share = next((1 - now / before for before, now in pairs if before and now), None)
    return "" if share is None else f"{100 * share:.1f} %"


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
