"""The claims about networks, from rows of the network benchmark: 1:16 over the same dense network on xcv."""

from collections.abc import Sequence

from nmcu.bench import published
from nmcu.bench.networks import DENSE, NetworkRow
from nmcu.bench.paper.row import PaperRow, shown

PATTERNS = ("1:16", "1:16x4")
BEFORE = ("xcv", "xdec")
"""Instruction sets without the second generation, software first."""


def network_rows(rows: Sequence[NetworkRow]) -> list[PaperRow]:
    """The claims, from rows of the network benchmark; wrong results count for nothing."""
    found = []
    for name, (what, figure) in published.NETWORKS.items():
        own = [r for r in rows if r.network == name and r.bit_exact]
        if own:
            grouped = _fastest(own, "1:16x4", BEFORE)
            found.append(
                PaperRow(
                    f"{what}, 1:16 over dense",
                    "times faster",
                    figure,
                    _fastest(own, "1:16", BEFORE, published_only=True),
                    _fastest(own, "1:16", BEFORE),
                    _fastest(own, "1:16", ("gmac",)),
                    f"published kernels with xDecimate; 1:16x4: {shown(grouped)}; {_accuracies(own)}",
                )
            )
    return found


def _fastest(
    rows: Sequence[NetworkRow], pattern: str, isas: Sequence[str], published_only: bool = False
) -> float | None:
    dense = min((r.cycles for r in rows if (r.pattern, r.isa) == (DENSE, BEFORE[0])), default=None)
    found = [
        r.cycles
        for r in rows
        if r.pattern == pattern and r.isa in isas and (r.kernels != "*") == published_only
    ]
    return round(dense / min(found), 3) if dense and found else None


def _accuracies(rows: Sequence[NetworkRow]) -> str:
    known = {row.pattern: row.top1 for row in rows if row.top1 is not None}
    return "top-1 " + ", ".join(f"{p}: {v:.2f} %" for p, v in known.items()) if known else "no trained file"
