"""Print the table of results in docs/training.md: python examples/train/table.py [--plot FILE]

Every finished experiment is a row. Cycles are those of its exported file on the simulated cluster, where that is kept;
`--plot` draws accuracy over cycles.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

import nmcu
from nmcu.errors import NmcuError
from nmcu.sparsity import NMPattern

PLACES = {"base": -2, "dense": -1, "mixed": 1}
"""Of weights that are no pattern: before and behind those that are."""
COLUMNS = (
    "network",
    "weights",
    "seed",
    "epochs, float + int8",
    "float",
    "int8, PyTorch",
    "int8, ONNX Runtime",
    "int8, `nmcu eval`",
    "below dense",
    "cycles",
)
ACCURACIES = ("top1_float", "top1_fake_quantised", "top1_onnxruntime", "top1")


@dataclass(frozen=True)
class Row:
    """One finished experiment; `below` are points of top-1 below the dense row of the same seed, or else of seed 0.

    That is the dense row of its own network, or else of the one it started from.
    """

    network: str
    pattern: str
    seed: int
    epochs: str
    accuracies: tuple[float | None, ...]
    below: float | None
    cycles: int | None

    @property
    def shares(self) -> bool:
        """Whether channels share positions everywhere."""
        return ":" in self.pattern and NMPattern.parse(self.pattern).group > 1

    def cells(self) -> list[str]:
        """As text, in the order of `COLUMNS`."""
        numbers = ["" if a is None else f"{a:.2f}" for a in (*self.accuracies, self.below)]
        cycles = "" if self.cycles is None else f"{self.cycles:,}"
        return [self.network, self.pattern, str(self.seed), self.epochs, *numbers, cycles]


def main() -> None:
    """Print one line per finished experiment, grouped by network, the seeds of a row below each other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--plot", type=Path, help="picture to draw (.png, .svg)")
    args = parser.parse_args()
    rows = read(args.results)
    for cells in (COLUMNS, ["---"] * len(COLUMNS), *(row.cells() for row in rows)):
        print(f"| {' | '.join(cells)} |")
    if args.plot:
        draw(rows, args.plot)


def read(results: Path) -> list[Row]:
    """The finished experiments in `results`, each run once on the simulator."""
    finished = []
    for file in sorted(results.glob("*/metrics.json")):
        metrics = json.loads(file.read_text())
        if _rank(_named(metrics)[1]) is None:
            print(
                f"{file}: left out, its name ends in no weights: {', '.join(PLACES)}, 1x8, 1x8x4",
                file=sys.stderr,
            )
        elif "final" in metrics:
            finished.append(metrics)
    dense = {_named(m)[0::2]: m["final"] for m in finished if _named(m)[1] == "dense"}
    return [_row(m, dense, results) for m in sorted(finished, key=_place)]


def _row(metrics: dict[str, Any], dense: dict[tuple[str, int], dict[str, Any]], results: Path) -> Row:
    experiment, final = metrics["experiment"], metrics["final"]
    network, weights, seed = _named(metrics)
    files = [results / experiment["name"] / f"model.onnx{suffix}" for suffix in ("", ".xz")]
    model = next((file for file in files if file.is_file()), None)
    origin = (experiment["start"] or "").rpartition("_")[0]
    candidates = [dense.get((of, number)) for of in (network, origin) for number in (seed, 0)]
    is_pruned = weights not in ("base", "dense")
    compared = next((d for d in candidates if d is not None), None) if is_pruned else None
    return Row(
        network,
        str(_pattern(weights) or weights),
        seed,
        f"{experiment['train']['epochs']} + {experiment['quantize']['epochs']}",
        tuple(final.get(kind) for kind in ACCURACIES),
        None if compared is None else _points_below(compared, final),
        None if model is None else nmcu.run(model).cycles,
    )


def _points_below(dense: dict[str, Any], final: dict[str, Any]) -> float:
    """Both as `nmcu eval` measured them, or else both as ONNX Runtime did."""
    kind = "top1_onnxruntime" if None in (dense["top1"], final["top1"]) else "top1"
    return float(dense[kind] - final[kind])


def _named(metrics: dict[str, Any]) -> tuple[str, str, int]:
    """Network, weights, seed: `resnet8_wide_1x8x4_s1` is (`resnet8_wide`, `1x8x4`, 1)."""
    experiment = metrics["experiment"]
    network, _, weights = experiment["name"].removesuffix(f"_s{experiment['seed']}").rpartition("_")
    return network, weights, experiment["seed"]


def _place(metrics: dict[str, Any]) -> tuple[Any, ...]:
    """What rows are ordered by: network, weights from many to few, seed."""
    network, weights, seed = _named(metrics)
    return network, _rank(weights), seed


def _rank(weights: str) -> tuple[float, ...] | None:
    """Of the weights among those of a network; None for what are none."""
    if weights in PLACES:
        return (PLACES[weights],)
    pattern = _pattern(weights)
    return pattern and (-pattern.density, pattern.group, pattern.m)


def _pattern(weights: str) -> NMPattern | None:
    """`1x8x4` is 1:8x4; None for what is no pattern."""
    try:
        return NMPattern.parse(weights.replace("x", ":", 1))
    except NmcuError:
        return None


def draw(rows: Sequence[Row], path: Path) -> None:
    """Top-1 over cycles: a colour for each network, squares where four channels share positions.

    A line goes through the dense networks, which pruned ones are to beat; named are those that no other one beats.
    """
    figure = Figure(figsize=(8.5, 4.2), layout="constrained")
    axes = figure.subplots()
    placed = {row: _cycles_and_top1(row) for row in rows if row.cycles is not None and row.pattern != "base"}
    dense = _best([place for row, place in placed.items() if row.pattern == "dense"])
    best = _best(list(placed.values()))
    axes.plot([cycles for cycles, _ in dense], [top1 for _, top1 in dense], ":", color="grey", label="dense")
    networks = dict.fromkeys(row.network for row in placed)
    colours = {network: colormaps["tab20"](number) for number, network in enumerate(networks)}
    for row, place in placed.items():
        marker, style = ("s", "none") if row.shares else ("o", "full")
        axes.plot(*place, marker, color=colours[row.network], fillstyle=style)
        if place in best:
            offset = {"xytext": (-5, 5), "textcoords": "offset points", "ha": "right"}
            axes.annotate(row.pattern, place, **offset, fontsize="small")
    for network, colour in colours.items():
        axes.plot([], [], "o", color=colour, label=network)
    axes.plot([], [], "s", color="black", fillstyle="none", label="positions shared by four channels")
    axes.set(xlabel="million cycles", ylabel="top-1, percent, int8", xscale="log")
    axes.margins(x=0.12, y=0.1)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 7)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    figure.legend(fontsize="small", loc="outside right upper")
    figure.savefig(path, dpi=120)


def _cycles_and_top1(row: Row) -> tuple[float, float]:
    """In millions, and in percent of the last accuracy that is there."""
    assert row.cycles is not None, "rows without are left out"
    return row.cycles / 1e6, next(a for a in reversed(row.accuracies) if a is not None)


def _best(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those that no other one beats in both, by cycles."""
    return sorted(p for p in places if not any(o != p and o[0] <= p[0] and o[1] >= p[1] for o in places))


if __name__ == "__main__":
    main()
