"""The quantisers that are tried on the network of `making/network.py`: what makes their files, what is peculiar."""

from dataclasses import dataclass
from pathlib import Path

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True)
class Environment:
    """Packages that live together, pinned, and the script in `making` that writes their files into a folder."""

    packages: tuple[str, ...]
    script: str


@dataclass(frozen=True)
class Golden:
    """A file of `files` (compressed): the quantiser and its version, settings that work, its dialect in words."""

    file: str
    quantiser: str
    settings: str
    dialect: str


TORCH = ("torch==2.13.0", "onnx==1.23.2", "onnxscript==0.7.2", "numpy==2.4.6")

ENVIRONMENTS = {
    "float": Environment(TORCH, "network.py"),
    "onnxruntime": Environment(("onnxruntime==1.32.0", "onnx==1.23.2"), "with_onnxruntime.py"),
    "pt2e": Environment((*TORCH, "torchao==0.18.0"), "with_pt2e.py"),
    "brevitas": Environment((*TORCH, "brevitas==0.13.4"), "with_brevitas.py"),
    "nncf": Environment(("nncf==3.4.0", "onnxruntime==1.32.0", "onnx==1.23.2"), "with_nncf.py"),
    "modelopt": Environment(("nvidia-modelopt[onnx]==0.47.0", "torch==2.13.0"), "with_modelopt.py"),
    "quark": Environment(("amd-quark==0.13", "onnxruntime==1.32.0", "torch==2.13.0"), "with_quark.py"),
    "onnx_neural_compressor": Environment(
        ("onnx-neural-compressor==1.0", "prettytable==3.18.0", "scipy==1.17.1"),
        "with_onnx_neural_compressor.py",
    ),
    "aimet": Environment(("aimet-onnx==2.42.0",), "with_aimet.py"),
    "esp_ppq": Environment(("esp-ppq==1.3.12", "torch==2.13.0"), "with_esp_ppq.py"),
    "litert_torch": Environment(
        ("litert-torch==0.10.0", "ai-edge-quantizer==0.10.0"), "with_litert_torch.py"
    ),
}

GOLDEN = (
    *(
        Golden(
            f"onnxruntime_{form.lower()}_{types}.onnx",
            "ONNX Runtime 1.32.0",
            f"`quant_format=QuantFormat.{form}`, {activations} activations, {weights}",
            "operators on integers (QLinearConv, com.microsoft's QLinearAdd, QGemm, ...)"
            if form == "QOperator"
            else "a pair around every operator, int32 biases",
        )
        for form in ("QDQ", "QOperator")
        for types, activations, weights in (
            ("s8s8", "`QInt8`", "`QInt8` weights"),
            ("u8s8", "`QUInt8`", "`QInt8` weights"),
            ("u8u8", "`QUInt8`", "`QUInt8` weights with `reduce_range=True`"),
        )
    ),
    Golden(
        "pt2e.onnx",
        "torchao 0.18.0 (PT2E)",
        "`XNNPACKQuantizer`, `torch.onnx.export(dynamo=True)`",
        "weights quantised per channel, float biases",
    ),
    Golden(
        "brevitas.onnx",
        "Brevitas 0.13.4",
        "`Int8WeightPerChannelFloat`, `Int8ActPerTensorFloat`, `export_onnx_qcdq`",
        "a Clip between QuantizeLinear and DequantizeLinear for the narrow range",
    ),
    Golden(
        "nncf.onnx",
        "NNCF 3.4.0",
        "`nncf.quantize` of the ONNX model, its defaults",
        "the network's output stays float; a scale per channel in front of depthwise convolutions; "
        "float biases, corrected",
    ),
    Golden(
        "modelopt.onnx",
        "NVIDIA Model Optimizer 0.47.0",
        '`quantize_mode="int8"`, `calibration_eps=["cpu"]`',
        "only the inputs of convolutions are quantised, for TensorRT: the residual sum reads a float result, the "
        "rest is float16, weights too, with QuantizeLinear in front; matrices with few rows or columns stay float",
    ),
    Golden(
        "quark_a8w8.onnx",
        "AMD Quark 0.13",
        '`QConfig.get_default_config("A8W8")`',
        "as ONNX Runtime, one scale for all weights of a layer",
    ),
    Golden(
        "quark_xint8.onnx",
        "AMD Quark 0.13",
        '`QConfig.get_default_config("XINT8")`',
        "scales are powers of two, for NPUs, biases int8; a Mul behind global pooling, written last",
    ),
    Golden(
        "aimet.onnx",
        "AIMET 2.42.0",
        "`QuantizationSimModel(param_type=int8, activation_type=int8)`, `to_onnx_qdq()`",
        "as ONNX Runtime; weights' scales raised where a bias would not fit",
    ),
    Golden(
        "esp_ppq.onnx",
        "ESP-PPQ 1.3.12",
        "`TargetPlatform.ESPDL_INT8`, exported for `TargetPlatform.ONNXRUNTIME`, from an ONNX file of opset 13",
        "scales are powers of two, for Espressif's chips; the file says opset 13 whatever it is made from: of a "
        "newer one ONNX Runtime may refuse it",
    ),
    Golden(
        "onnx_neural_compressor.onnx",
        "onnx-neural-compressor 1.0",
        "`StaticQuantConfig` with `QuantType.QInt8` for both; install prettytable and scipy, which it does not declare",
        "as ONNX Runtime's QOperator form unless `quant_format` says otherwise",
    ),
    Golden(
        "litert_torch.tflite",
        "litert-torch 0.10.0, ai-edge-quantizer 0.10.0",
        "`recipe.static_wi8_ai8()`",
        "TFLite: channels last, the input transposed first",
    ),
)
