"""Brevitas: layers that quantise themselves, exported as QCDQ. `python with_brevitas.py FOLDER`."""

import functools
import sys
from pathlib import Path

import brevitas.nn as qnn
import onnx
import torch
from brevitas.export import export_onnx_qcdq
from brevitas.graph.calibrate import calibration_mode
from brevitas.quant import Int8ActPerTensorFloat, Int8WeightPerChannelFloat
from network import pruned, samples


class Layers:
    """Weights per channel; every activation and what stands between two layers has a quantiser."""

    conv = functools.partial(qnn.QuantConv2d, weight_quant=Int8WeightPerChannelFloat)
    linear = functools.partial(qnn.QuantLinear, bias=True, weight_quant=Int8WeightPerChannelFloat)
    relu = qnn.QuantReLU
    input = plain = functools.partial(qnn.QuantIdentity, act_quant=Int8ActPerTensorFloat)


def main(folder: Path) -> None:
    """`brevitas.onnx`."""
    network = pruned(Layers)
    with torch.no_grad(), calibration_mode(network):
        for sample in samples():
            network(torch.from_numpy(sample))
    path = folder / "brevitas.onnx"
    export_onnx_qcdq(network, args=torch.from_numpy(samples(1)[0]), export_path=str(path))
    onnx.save(onnx.load(path), path)  # one file


if __name__ == "__main__":
    main(Path(sys.argv[1]))
