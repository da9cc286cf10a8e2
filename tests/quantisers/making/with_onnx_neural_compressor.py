"""onnx-neural-compressor: static quantisation. `python with_onnx_neural_compressor.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx_neural_compressor.data_reader import CalibrationDataReader
from onnx_neural_compressor.quantization import QuantType, config, quantize


class Samples(CalibrationDataReader):
    """`samples.npy`, one after another."""

    def __init__(self, folder: Path) -> None:
        self._all = np.load(folder / "samples.npy")
        self.rewind()

    def get_next(self) -> dict | None:
        sample = next(self._left, None)
        return None if sample is None else {"input": sample}

    def rewind(self) -> None:
        self._left = iter(self._all)


def main(folder: Path) -> None:
    """`onnx_neural_compressor.onnx`: int8, weights per channel."""
    settings = config.StaticQuantConfig(
        calibration_data_reader=Samples(folder),
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
    )
    target = folder / "onnx_neural_compressor.onnx"
    quantize(folder / "float.onnx", target, settings)
    onnx.save(onnx.load(target), target)  # one file
    target.with_suffix(".onnx_data").unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
