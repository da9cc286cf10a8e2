"""Models quantised by ONNX Runtime: every layer within 1 LSB of ONNX Runtime on the same tensors."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnxruntime.quantization import QuantType

from frontend import ort
from nmcu import operators

DIALECTS: dict[str, dict[str, Any]] = {
    "int8 per channel": {},
    "int8 per tensor": {"per_channel": False},
    "uint8 activations": {"activation_type": QuantType.QUInt8},
    "uint8 weights": {
        "activation_type": QuantType.QUInt8,
        "weight_type": QuantType.QUInt8,
        "extra_options": {"WeightSymmetric": True},
    },
    "private DequantizeLinear": {"extra_options": {"DedicatedQDQPair": True}},
    "symmetric activations keep Relu and Clip": {"extra_options": {"ActivationSymmetric": True}},
    "com.microsoft": {"extra_options": {"UseQDQContribOps": True}},
    "quantised bias kept float": {"extra_options": {"QuantizeBias": False}},
}


def residual(path: Path) -> Path:
    """Every operator of the first slice: a small residual network with all kinds of pooling."""
    m = ort.FloatModel(1, 3, 16, 16)
    a = m.node("Relu", m.conv("input", 3, 16))
    b = m.node("Relu", m.conv(a, 16, 16))
    a = m.node("Relu", m.node("Add", a, m.conv(b, 16, 16, bias=False)))
    p = m.node("MaxPool", a, kernel_shape=[2, 2], strides=[2, 2])
    six = m.constant(np.float32(6))
    q = m.node("Clip", m.conv(p, 16, 16, group=16), m.constant(np.float32(0)), six)
    r = m.node("AveragePool", q, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    g = m.gemm(m.node("Flatten", r), 16 * 4 * 4, 10)
    m.node("Softmax", g, axis=-1)
    return m.save(path / "residual.onnx")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_residual_network_in_every_dialect(tmp_path: Path, dialect: str) -> None:
    model = ort.check(ort.quantise(residual(tmp_path), **DIALECTS[dialect]))
    kinds = [layer.kind for layer in model.layers]
    layers = [
        "conv",
        "conv",
        "conv",
        "add",
        "maxpool",
        "depthwise",
        "avgpool",
        "reshape",
        "linear",
        "softmax",
    ]
    assert [k for k in kinds if k not in ("relu", "clip")] == layers
    if "keep" not in dialect:
        assert kinds == layers


def test_flatten_permutes_the_linear_weights_instead_of_the_map(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 3, 6, 5)
    m.gemm(m.node("Flatten", m.conv("input", 3, 7)), 7 * 6 * 5, 4)
    model = ort.check(ort.quantise(m.save(tmp_path / "m.onnx")))
    assert [layer.kind for layer in model.layers] == ["conv", "reshape", "linear"]


@pytest.mark.parametrize("keepdims", [0, 1])
def test_reduce_mean_is_global_pooling(tmp_path: Path, keepdims: int) -> None:
    m = ort.FloatModel(1, 3, 6, 5)
    r = m.node("ReduceMean", m.conv("input", 3, 8), axes=[2, 3], keepdims=keepdims)
    m.gemm(m.node("Flatten", r) if keepdims else r, 8, 4)
    model = ort.check(ort.quantise(m.save(tmp_path / "m.onnx")))
    assert [layer.kind for layer in model.layers] == ["conv", "avgpool", "reshape", "linear"]


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": 1},
        {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [0, 1, 1, 0]},
        {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
        {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1, "count_include_pad": 1},
        {
            "kernel_shape": [3, 3],
            "strides": [2, 2],
            "pads": [1, 1, 1, 1],
            "ceil_mode": 1,
            "count_include_pad": 1,
        },
        {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"kernel_shape": [6, 5]},
    ],
)
@pytest.mark.parametrize("op", ["AveragePool", "MaxPool"])
def test_pooling(tmp_path: Path, op: str, options: dict[str, Any]) -> None:
    if op == "MaxPool":
        options = {k: v for k, v in options.items() if k != "count_include_pad"}
    m = ort.FloatModel(1, 3, 6, 5)
    m.node(op, m.conv("input", 3, 8), **options)
    ort.check(ort.quantise(m.save(tmp_path / "m.onnx")))


@pytest.mark.parametrize(
    ("size", "cin", "cout", "options"),
    [
        ((7, 9), 3, 5, {"kernel": (1, 5), "strides": [2, 3]}),
        ((7, 9), 6, 9, {"group": 3}),
        ((7, 9), 4, 8, {"group": 4}),
        ((9, 9), 3, 4, {"dilations": [2, 3], "pads": [2, 3, 2, 3]}),
        ((8, 8), 3, 4, {"strides": [2, 2], "pads": [0, 0, 1, 1]}),
        ((3, 3), 2, 3, {"kernel": 5}),
        ((1, 1), 1, 1, {"kernel": 1}),
    ],
)
def test_convolution_shapes(
    tmp_path: Path, size: tuple[int, int], cin: int, cout: int, options: dict[str, Any]
) -> None:
    m = ort.FloatModel(1, cin, *size)
    m.conv("input", cin, cout, **options)
    ort.check(ort.quantise(m.save(tmp_path / "m.onnx")))


def test_one_dimensional_convolution(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 20)
    w = m.weight(6, 4, 3)
    a = m.node("Conv", "input", w, kernel_shape=[3], strides=[2], pads=[1, 1])
    b = m.node("Relu", a)
    m.node("Conv", b, m.weight(5, 6, 3), kernel_shape=[3], pads=[1, 1])
    model = ort.check(ort.quantise(m.save(tmp_path / "m.onnx")))
    assert "transpose" not in [layer.kind for layer in model.layers]


def test_channels_last_model_keeps_its_input_layout(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 8, 8, 3)
    x = m.node("Transpose", "input", perm=[0, 3, 1, 2])
    y = m.node("Relu", m.conv(x, 3, 8))
    m.node("Transpose", y, perm=[0, 2, 3, 1])
    model = ort.check(ort.quantise(m.save(tmp_path / "m.onnx")))
    assert [layer.kind for layer in model.layers] == ["conv"]


def test_metadata_is_kept(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 3, 4, 4)
    m.conv("input", 3, 4)
    quantised = ort.quantise(m.save(tmp_path / "m.onnx"))
    proto = onnx.load(quantised)
    onnx.helper.set_model_props(proto, {"nmcu.mean": "0.5,0.5,0.5", "nmcu.std": "1,1,1", "other": "x"})
    onnx.save(proto, quantised)
    props = operators.load(quantised).metadata
    assert props == {"nmcu.mean": "0.5,0.5,0.5", "nmcu.std": "1,1,1"}
