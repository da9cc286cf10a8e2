"""Layer normalisation and the products of attention against their float definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmcu.errors import ModelError
from nmcu.graph import TensorInfo, ops
from nmcu.graph.ops.layer_norm import inverse_root


@given(
    channels=st.sampled_from([1, 2, 7, 64, 384, 1024, 2048]),
    spread=st.floats(0.0, 2.0),
    centre=st.integers(-90, 90),
    scale=st.floats(1e-3, 1.0),
    seed=st.integers(0, 2**32 - 1),
)
def test_layer_norm_is_within_one_step_of_float(
    channels: int, spread: float, centre: int, scale: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = np.clip(np.round(rng.normal(centre, 10**spread, (4, channels))), -128, 127).astype(np.int8)
    gamma, beta = rng.normal(1, 0.5, channels), rng.normal(0, 0.5, channels)
    real = x * scale
    centred = real - real.mean(axis=1, keepdims=True)
    exact = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-6) * gamma + beta
    y_scale = max(float(np.abs(exact).max()), 1e-2) / 120
    a, b = TensorInfo("x", x.shape, "int8", scale, 5), TensorInfo("y", x.shape, "int8", y_scale, -7)
    op, constants = ops.LayerNorm.build("node", a, b, gamma, beta, 1e-6)
    (y,) = op.reference([x], constants)
    wanted = np.clip(np.floor(exact / y_scale + 0.5) - 7, -128, 127)
    assert np.abs(y - wanted).max() <= 1


@given(st.lists(st.integers(1, 2**52), min_size=1, max_size=50))
def test_inverse_root(values: list[int]) -> None:
    w = np.array(values, np.int64)
    root, n = inverse_root(w)
    exact = 2.0**46 / np.sqrt(w * 4.0**n)
    assert (np.abs(root / exact - 1) < 2.0**-22).all()
    assert (root < 2**32).all()


def test_layer_norm_of_a_constant_row_is_its_offset() -> None:
    x = TensorInfo("x", (1, 8), "int8", 0.1, 0)
    y = TensorInfo("y", (1, 8), "int8", 0.01, 3)
    op, constants = ops.LayerNorm.build("node", x, y, np.ones(8), np.full(8, 0.2), 1e-5)
    (result,) = op.reference([np.full((1, 8), 77, np.int8)], constants)
    assert (result == 23).all()


def test_layer_norm_refuses_what_does_not_fit() -> None:
    x, y = TensorInfo("x", (1, 8), "int8", 0.1, 0), TensorInfo("y", (1, 8), "int8", 1e-9, 0)
    with pytest.raises(ModelError, match="output scale"):
        ops.LayerNorm.build("node", x, y, np.full(8, 1e3), None, 1e-5)
    with pytest.raises(ModelError, match="do not fit 8 channels"):
        ops.LayerNorm.build("node", x, y, np.ones(7), None, 1e-5)


def test_attention_of_a_joint_projection() -> None:
    rng = np.random.default_rng(0)
    tokens, heads, size = 9, 3, 8
    width = heads * size
    qkv = TensorInfo("qkv", (tokens, 3 * width), "int8", 0.02, 4)
    values = rng.integers(-128, 128, qkv.shape).astype(np.int8)
    real = ((values.astype(np.float64) - 4) * 0.02).reshape(tokens, 3, heads, size)
    q, k, v = (real[:, i].transpose(1, 0, 2) for i in range(3))

    y = TensorInfo("y", (heads * tokens, tokens), "int8", 0.15, -3)
    op, _ = ops.AttentionScores.build(
        "node", qkv, qkv, y, heads=heads, head_size=size, k_offset=width, gain=size**-0.5
    )
    assert op.shapes([qkv, qkv], {}) == (y.shape,)
    (scores,) = op.reference([values, values], {})
    exact = (q @ k.transpose(0, 2, 1)).reshape(y.shape) * size**-0.5 / 0.15 - 3
    assert np.abs(scores - np.clip(exact, -128, 127)).max() <= 0.51

    z = TensorInfo("z", (tokens, width), "int8", 0.1, 2)
    second, _ = ops.AttentionValues.build("node", y, qkv, z, heads=heads, head_size=size, v_offset=2 * width)
    assert second.shapes([y, qkv], {}) == (z.shape,)
    (result,) = second.reference([scores, values], {})
    weights = ((scores.astype(np.float64) + 3) * 0.15).reshape(heads, tokens, tokens)
    exact = (weights @ v).transpose(1, 0, 2).reshape(z.shape) / 0.1 + 2
    assert np.abs(result - np.clip(exact, -128, 127)).max() <= 0.51
    assert op.macs([qkv, qkv], [y], {}) == second.macs([y, qkv], [z], {}) == heads * tokens * tokens * size


def test_attention_refuses_channels_that_do_not_exist() -> None:
    x, y = TensorInfo("x", (5, 16), "int8", 0.1, 0), TensorInfo("y", (), "int8", 0.1, 0)
    op, _ = ops.AttentionScores.build("node", x, x, y, heads=2, head_size=8, k_offset=1)
    with pytest.raises(ModelError, match="channels 1 to 17"):
        op.shapes([x, x], {})
    other, _ = ops.AttentionValues.build("node", x, x, y, heads=2, head_size=8)
    with pytest.raises(ModelError, match="do not fit 2 heads"):
        other.shapes([x, x], {})
