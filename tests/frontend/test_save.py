"""A graph that is saved as QDQ ONNX and loaded again is the same integer graph, and other runtimes agree with it."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from frontend import ort
from nmcu import graph, operators
from nmcu.graph import Graph


def signature(model: Graph) -> list[Any]:
    """Everything that decides what the device computes."""
    return [
        (
            layer.name,
            layer.op,
            tuple(i.shape for i in layer.inputs),
            tuple((o.shape, o.scale, o.zero_point) for o in layer.outputs),
            {k: v.tobytes() for k, v in layer.constants.items()},
        )
        for layer in model.layers
    ]


def assert_round_trip(model: Graph, path: Path) -> None:
    """Saved and loaded, the graph is the same, and ONNX Runtime computes nearly the same outputs from it."""
    operators.save(model, path)
    again = operators.load(path)
    assert signature(again) == signature(model)
    assert again.metadata == model.metadata
    feeds = graph.random_inputs(model, 3)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    theirs = dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds), strict=True))
    ours = graph.reference.run_model(model, feeds)
    for decoder in model.border.decoders:
        name = decoder.outputs[0].name
        step = decoder.inputs[0].scale if ours[name].dtype == np.float32 else 1
        difference = np.abs(ours[name].astype(np.float64) - theirs[name]) / step
        assert difference.max() <= 3


@pytest.mark.parametrize("name", ["resnet8_int8", "kws_dscnn_int8", "ad_autoencoder_int8"])
def test_mlperf_tiny(test_data: Path, tmp_path: Path, name: str) -> None:
    assert_round_trip(operators.load(test_data / "mlperf_tiny" / f"{name}.tflite"), tmp_path / "m.onnx")


def test_channels_first_model(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 3, 9, 8)
    a = m.node("Relu", m.conv("input", 3, 8))
    b = m.conv(a, 8, 8, group=8)
    p = m.node("MaxPool", m.node("Sub", a, b), kernel_shape=[2, 2], strides=[2, 2])
    q = m.node(
        "AveragePool", m.node("Sigmoid", p), kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1
    )
    m.node("Softmax", m.gemm(m.node("Flatten", q), 8 * 4 * 4, 10))
    model = operators.load(ort.quantise(m.save(tmp_path / "a.onnx")))
    model.model.metadata_props["nmcu.mean"] = "0.5"
    assert_round_trip(model, tmp_path / "b.onnx")


def test_dead_channels_and_huge_biases_survive(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    builder = graph.Builder()
    x = builder.input(
        graph.TensorInfo("x", (1, 6), "int8"),
        graph.TensorInfo("x_q", (1, 6), scale=0.5, zero_point=7),
        (0, 1),
    )
    y = graph.TensorInfo("y_q", (), scale=0.25, zero_point=-3)
    weight = rng.integers(-127, 128, (5, 6)).astype(np.int8)
    weight[2] = 0
    bias = np.array([2**30, -5, 10**6, 3, -(2**30)])
    op, constants = graph.ops.Linear.build("fc", x, y, weight, np.array([0.01, 0.02, 1e-9, 0.5, 1e-3]), bias)
    (y,) = builder.add("fc", op, [x], [y], constants)
    builder.output(y, graph.TensorInfo("y", (1, 5), "float32"), (0, 1), (1, 5))
    model = builder.finish()
    operators.save(model, tmp_path / "m.onnx")
    assert signature(operators.load(tmp_path / "m.onnx")) == signature(model)
