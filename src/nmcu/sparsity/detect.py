"""Detection: the sparsest N:M pattern that given weights already satisfy. It never prunes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.sparsity import blocks
from nmcu.sparsity.pattern import NMPattern

BLOCKS = (2, 4, 8, 16, 32)
"""Each twice the one before: counts in blocks are sums of two counts."""
GROUPS = (1, 2, 4)


def detect(weight: NDArray[Any]) -> NMPattern | None:
    """The pattern of `weight` (Cout, taps..., Cin), or None where it is dense.

    Tries M = 2, 4, 8, 16, 32 (only where one tap has at least M channels), N at most M/2, G = 1, 2, 4 (at most
    Cout). The lowest N/M wins, then the largest G, then the smallest M.
    """
    cout, cin = weight.shape[0], weight.shape[-1]
    nonzero = weight != 0
    most = (
        weight.size // cin * (cin + BLOCKS[-1] - 1) / 2
    )  # of non-zeros, the last block of a tap counted whole
    if np.count_nonzero(nonzero) > most:
        return None
    found = []
    for group in GROUPS:
        if group > cout:
            continue
        view = blocks.split(nonzero, BLOCKS[-1], group).any(axis=1).view(np.uint8)
        count = view.reshape(*view.shape[:2], -1)
        for m in BLOCKS:
            count = count[..., 0::2] + count[..., 1::2]
            n = max(1, int(count.max()))
            if m <= cin and 2 * n <= m:
                found.append(NMPattern(n, m, group))
    return min(found, key=lambda p: (p.density, -p.group, p.m), default=None)
