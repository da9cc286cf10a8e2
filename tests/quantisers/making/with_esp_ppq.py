"""ESP-PPQ: Espressif's quantiser, powers of two, exported as QDQ. `python with_esp_ppq.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
import torch
from esp_ppq.api import QuantizationSettingFactory, export_ppq_graph, quantize_onnx_model
from esp_ppq.core import TargetPlatform


def main(folder: Path) -> None:
    """`esp_ppq.onnx`."""
    samples = [torch.from_numpy(sample) for sample in np.load(folder / "samples.npy")]
    graph = quantize_onnx_model(
        onnx_import_file=str(folder / "float13.onnx"),
        calib_dataloader=samples,
        calib_steps=len(samples),
        input_shape=list(samples[0].shape),
        platform=TargetPlatform.ESPDL_INT8,
        setting=QuantizationSettingFactory.espdl_setting(),
        device="cpu",
    )
    export_ppq_graph(graph, platform=TargetPlatform.ONNXRUNTIME, graph_save_to=str(folder / "esp_ppq.onnx"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
