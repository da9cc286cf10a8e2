"""Detection: the sparsest N:M pattern that given weights already satisfy. It never prunes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.sparsity import blocks
from nmcu.sparsity.pattern import NMPattern

BLOCKS = (2, 4, 8, 16)
GROUPS = (1, 2, 4)


def detect(weight: NDArray[Any]) -> NMPattern | None:
    """The pattern of `weight` (Cout, taps..., Cin), or None where it is dense.

    Tries M = 2, 4, 8, 16 (only where one tap has at least M channels), N at most M/2, G = 1, 2, 4 (at most
    Cout). The lowest N/M wins, then the largest G, then the smallest M.
    """
    cout, cin = weight.shape[0], weight.shape[-1]
    nonzero = weight != 0
    found = []
    for m in BLOCKS:
        for group in GROUPS:
            if m > cin or group > cout:
                continue
            used = blocks.split(nonzero, m, group).any(axis=1)
            n = max(1, int(np.count_nonzero(used, axis=-1).max()))
            if 2 * n <= m:
                found.append(NMPattern(n, m, group))
    return min(found, key=lambda p: (p.density, -p.group, p.m), default=None)
