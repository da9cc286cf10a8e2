"""MobileNetV2-like, Inception-like and U-Net-like networks from ONNX Runtime, PT2E and Brevitas."""

from pathlib import Path

import pytest

from frontend import ort, round_trip

torch = pytest.importorskip("torch", reason="needs the extra [train]: pip install nmcu[train]")
pytest.importorskip("torchao", reason="needs the extra [train]: pip install nmcu[train]")

from frontend import torch_networks  # noqa: E402


@pytest.mark.slow
@pytest.mark.parametrize("network", torch_networks.NETWORKS)
@pytest.mark.parametrize("quantiser", ["onnxruntime", "pt2e", "brevitas"])
def test_every_layer_is_within_one_lsb_of_onnx_runtime(tmp_path: Path, network: str, quantiser: str) -> None:
    path = tmp_path / "m.onnx"
    if quantiser == "onnxruntime":
        path = ort.quantise(torch_networks.float_onnx(network, path))
    elif quantiser == "pt2e":
        torch_networks.pt2e(network, path)
    else:
        pytest.importorskip("brevitas", reason="needs the extra [train]: pip install nmcu[train]")
        torch_networks.brevitas(network, path)
    model = ort.check(path)
    kinds = {layer.kind for layer in model.layers}
    expected = {
        "mobilenet": {"conv", "depthwise", "add", "avgpool", "linear"},
        "inception": {"conv", "concat", "maxpool", "linear"},
        "unet": {"conv", "concat", "maxpool", "resize", "dilate"},
    }
    assert expected[network] <= kinds
    assert "clip" not in kinds, "ReLU6 is the clamp of the layer before it"
    round_trip.check(model, tmp_path / "again.onnx")


@pytest.mark.parametrize("bias", ["Int32Bias", "Int16Bias", "Int8BiasPerTensorFloatInternalScaling"])
def test_integer_biases(tmp_path: Path, bias: str) -> None:
    pytest.importorskip("brevitas", reason="needs the extra [train]: pip install nmcu[train]")
    ort.check(torch_networks.brevitas_with_bias(bias, tmp_path / "m.onnx"))
