"""Layer normalisation and the products of attention."""

from typing import Any

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
) -> TensorInfo:
    """Layer normalisation over the last axis of `x`."""
    op, constants = ops.LayerNorm.build(name, x, y, gamma, beta, epsilon)
    return clip(b, f"{name} clip", b.add(name, op, [x], [y], constants)[0], activation)
