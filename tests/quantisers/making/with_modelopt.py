"""NVIDIA Model Optimizer: quantisation of an ONNX model for TensorRT. `python with_modelopt.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
from modelopt.onnx.quantization import quantize


def main(folder: Path) -> None:
    """`modelopt.onnx`: its default settings for int8."""
    quantize(
        onnx_path=str(folder / "float.onnx"),
        quantize_mode="int8",
        calibration_data={"input": np.concatenate(np.load(folder / "samples.npy"))},
        calibration_eps=["cpu"],
        output_path=str(folder / "modelopt.onnx"),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
