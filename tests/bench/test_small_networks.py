"""Small networks stay as fast as they are: cycles on the default machine, bit for bit."""

import os
from pathlib import Path

import numpy as np
import pytest

import nmcu
from nmcu.bench.calibrated import CalibratedBuilder
from nmcu.graph import Graph, TensorInfo, ops

BLOCKS = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *((128, 1),) * 5, (256, 2), (256, 1))
"""Channels and stride of the blocks of MobileNetV1 at a quarter of its width."""


def mobilenet_v1(side: int = 96, classes: int = 2) -> Graph:
    """MobileNetV1 0.25, the network of the visual wake words benchmark, with random weights."""
    net = CalibratedBuilder(None, 0, (1, side, side, 3))
    x = net.conv("conv", net.image, 8, 3, 2, relu=True)
    for number, (channels, stride) in enumerate(BLOCKS):
        x = _depthwise(net, f"depthwise{number}", x, stride)
        x = net.conv(f"pointwise{number}", x, channels, 1, relu=True)
    op, constants = ops.AveragePool.build("pool", x, x, kernel=x.shape[1:3])
    x = net.append("pool", op, [x], TensorInfo("pool.out", (), "int8", *x.quant), constants)
    flat = TensorInfo("flat", (), "int8", *x.quant)
    x = net.append("flatten", ops.Reshape(shape=(1, x.shape[-1])), [x], flat, {})
    return net.finish(net.linear("classes", x, classes))


def _depthwise(net: CalibratedBuilder, name: str, x: TensorInfo, stride: int) -> TensorInfo:
    weight = np.clip(np.round(net.random.normal(0, 40, (3, 3, x.shape[-1]))), -127, 127).astype(np.int8)
    scale, bias = np.full(x.shape[-1], 0.01), np.zeros(x.shape[-1], np.int64)
    y = TensorInfo(f"{name}.out", (), "int8", x.quant[0] * 0.7, -128)
    before = -(-((-(-x.shape[1] // stride) - 1) * stride + 3 - x.shape[1]) // 2) if stride == 1 else 0
    op, constants = ops.Depthwise.build(
        name, x, y, weight, scale, bias, strides=(stride, stride), pads=(before, before, 1, 1)
    )
    return net.append(name, op, [x], y, constants)


def test_mobilenet_v1_of_visual_wake_words() -> None:
    found = nmcu.run(mobilenet_v1())
    assert found.bit_exact
    assert found.cycles <= 650_000


MLPERF = {"resnet8_int8": 767_000, "kws_dscnn_int8": 219_500}


@pytest.mark.skipif(not os.environ.get("NMCU_TEST_DATA"), reason="NMCU_TEST_DATA names no folder")
@pytest.mark.parametrize(("name", "most"), MLPERF.items())
def test_mlperf_tiny(name: str, most: int) -> None:
    found = nmcu.run(Path(os.environ["NMCU_TEST_DATA"]) / "mlperf_tiny" / f"{name}.tflite")
    assert found.bit_exact
    assert found.cycles <= most
