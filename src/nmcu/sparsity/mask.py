"""Magnitude masks: which weights an N:M pattern keeps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.sparsity import blocks
from nmcu.sparsity.pattern import NMPattern


def mask(weight: NDArray[Any], pattern: NMPattern) -> NDArray[np.bool_]:
    """True where `pattern` keeps a weight: the N largest magnitudes of each block.

    `weight` is (Cout, taps..., Cin), any real dtype. In a group of channels the positions with the largest
    joint magnitude (sum over the group) are kept. Ties keep the earlier position.
    """
    view = blocks.split(np.abs(weight.astype(np.float64)), pattern.m, pattern.group)
    joint = view.sum(axis=1, keepdims=True)
    order = np.argsort(-joint, axis=-1, kind="stable")
    keep = np.zeros(joint.shape, dtype=np.bool_)
    np.put_along_axis(keep, order[..., : pattern.n], True, axis=-1)
    return blocks.join(np.broadcast_to(keep, view.shape), weight.shape)
