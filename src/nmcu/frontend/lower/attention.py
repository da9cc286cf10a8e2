"""Layer normalisation and the products of attention."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.frontend.lower.clamp import Clamp
from nmcu.frontend.lower.elementwise import clip
from nmcu.graph import Builder, TensorInfo, ops


def scores(
    b: Builder,
    name: str,
    pair: tuple[TensorInfo, TensorInfo],
    y: TensorInfo,
    heads: int,
    gain: float,
    activation: Clamp,
) -> TensorInfo:
    """Queries (T, C) times keys (S, C): (heads * T, S)."""
    op, constants = ops.AttentionScores.build(
        name, *pair, y, heads=heads, head_size=pair[0].shape[1] // heads, gain=gain
    )
    return clip(b, f"{name} clip", b.add(name, op, list(pair), [y], constants)[0], activation)


def values(
    b: Builder,
    name: str,
    pair: tuple[TensorInfo, TensorInfo],
    y: TensorInfo,
    heads: int,
    gain: float,
    activation: Clamp,
) -> TensorInfo:
    """Attention weights (heads * T, S) times values (S, C): (T, C)."""
    op, constants = ops.AttentionValues.build(
        name, *pair, y, heads=heads, head_size=pair[1].shape[1] // heads, gain=gain
    )
    return clip(b, f"{name} clip", b.add(name, op, list(pair), [y], constants)[0], activation)


def layer_norm(
    b: Builder,
    name: str,
    x: TensorInfo,
    y: TensorInfo,
    gamma: NDArray[Any],
    beta: NDArray[Any],
    epsilon: float,
    activation: Clamp,
    centred: bool = True,
    repeat: int = 1,
) -> TensorInfo:
    """Layer normalisation over the last axis of `x`, `repeat` neighbours of one channel; not `centred`, by the root of
    the mean square."""
    op, constants = ops.LayerNorm.build(name, x, y, gamma, beta, epsilon, centred, repeat)
    return clip(b, f"{name} clip", b.add(name, op, [x], [y], constants)[0], activation)


def l2_norm(b: Builder, name: str, x: TensorInfo, y: TensorInfo, activation: Clamp) -> TensorInfo:
    """Rows of `x` divided by the root of their sum of squares, which is that of the mean one times the root of C."""
    gamma = np.full(x.shape[-1], 1.0 / math.sqrt(x.shape[-1]))
    return layer_norm(b, name, x, y, gamma, np.zeros(x.shape[-1]), 0.0, activation, centred=False)
