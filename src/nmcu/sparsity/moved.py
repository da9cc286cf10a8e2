"""Weights that would follow a pattern but for a few: something that came after pruning moved zeros."""

from typing import Any

from numpy.typing import NDArray

from nmcu.sparsity import blocks
from nmcu.sparsity.detect import detect
from nmcu.sparsity.pattern import NMPattern

PATTERNS = tuple(map(NMPattern.parse, ("1:32", "1:16", "1:8", "1:4")))
MOST_BROKEN = 0.05
"""Of all blocks: what follows a pattern by less was never pruned to it."""
LEAST_FULL = 0.7
"""Of all blocks have their one weight: in unstructured weights at most 37 % do."""


def moved(weight: NDArray[Any]) -> tuple[NMPattern, int] | None:
    """The pattern that nearly all of `weight` (Cout, taps..., Cin) follows, and how many weights break it."""
    found = detect(weight)
    for pattern in PATTERNS:
        if weight.shape[-1] < pattern.m or (found is not None and found.density <= pattern.density):
            continue
        counts = blocks.split(weight != 0, pattern.m, 1).sum(axis=-1)
        broken = counts > pattern.n
        if 0 < broken.mean() <= MOST_BROKEN and (counts == pattern.n).mean() >= LEAST_FULL:
            return pattern, int((counts - pattern.n)[broken].sum())
    return None


def sentence(weight: NDArray[Any]) -> str | None:
    """What there is to say about `weight` where zeros were moved."""
    found = moved(weight)
    if found is None:
        return None
    pattern, count = found
    weights = f"{count:,} weights that are not 0 break" if count > 1 else "a weight that is not 0 breaks"
    return (
        f"{weights} the pattern {pattern} that all others follow, and no sparse kernel for it runs: a quantiser moved "
        f"zeros (adaptive rounding, equalisation); turn that off, or prune again (nmcu prune --pattern {pattern})"
    )
