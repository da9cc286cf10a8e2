"""Activations with a scale per channel in front of depthwise convolutions, NNCF's default for them."""

from pathlib import Path

import numpy as np
import pytest

from frontend import ort
from nmcu import operators
from nmcu.errors import ModelError

CHANNELS = 8


def model(
    multiplier: int = 1, weights_per_channel: bool = True, before: str = "Conv", shared: bool = False
) -> ort.FloatModel:
    m = ort.FloatModel(1, CHANNELS, 6, 6, seed=multiplier)
    x = m.pair("input", 0.03)
    y = (
        m.node("Conv", x, m.integers(CHANNELS, CHANNELS, 1, 1, scale=0.01))
        if before == "Conv"
        else m.node("Add", x, x)
    )
    scale = m.constant(m.rng.uniform(0.005, 0.03, CHANNELS).astype(np.float32))
    names = (scale, m.constant(np.full(CHANNELS, 3, np.uint8)))
    codes = m.node("QuantizeLinear", m.node("Relu", y), *names, axis=1)
    real = m.node("DequantizeLinear", codes, *names, axis=1)
    cout = CHANNELS * multiplier
    value = m.constant(m.rng.integers(-127, 128, (cout, 1, 3, 3)).astype(np.int8))
    own = np.full(cout if weights_per_channel else 1, 0.01, np.float32)
    weights = m.node("DequantizeLinear", value, m.constant(own if weights_per_channel else own[0]), axis=0)
    end = m.pair(m.node("Conv", real, weights, group=CHANNELS, pads=[1, 1, 1, 1]), 0.04)
    if shared:
        m.pair(m.node("Add", end, real), 0.05)
    return m


@pytest.mark.parametrize("weights_per_channel", [True, False])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_the_scales_move_into_the_weights(tmp_path: Path, multiplier: int, weights_per_channel: bool) -> None:
    """Every code is what ONNX Runtime makes it, those between the two layers too: the tensor keeps its name."""
    loaded = ort.check(model(multiplier, weights_per_channel).save(tmp_path / "m.onnx"))
    kinds = [layer.kind for layer in loaded.layers]
    assert kinds == ["conv", "depthwise" if multiplier == 1 else "conv"]


@pytest.mark.parametrize(
    "options", [{"before": "Add"}, {"shared": True}], ids=["after a sum", "read by a sum"]
)
def test_elsewhere_a_scale_per_channel_is_refused(tmp_path: Path, options: dict[str, object]) -> None:
    path = model(**options).save(tmp_path / "m.onnx")  # type: ignore[arg-type]
    with pytest.raises(
        ModelError, match=r"one scale per channel; supported: one scale for the tensor, or a conv"
    ):
        operators.load(path)
