"""AIMET: quantisation simulation of an ONNX model, exported as QDQ. `python with_aimet.py FOLDER`."""

import sys
from pathlib import Path

import aimet_onnx
import numpy as np
import onnx
from aimet_onnx import QuantizationSimModel


def main(folder: Path) -> None:
    """`aimet.onnx`: int8 activations and weights."""
    simulation = QuantizationSimModel(
        onnx.load(folder / "float.onnx"), param_type=aimet_onnx.int8, activation_type=aimet_onnx.int8
    )
    simulation.compute_encodings([{"input": sample} for sample in np.load(folder / "samples.npy")])
    onnx.save(simulation.to_onnx_qdq(), folder / "aimet.onnx")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
