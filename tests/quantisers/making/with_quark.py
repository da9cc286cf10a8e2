"""AMD Quark: A8W8 (real scales) and XINT8 (powers of two, for NPUs). `python with_quark.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
from onnxruntime.quantization import CalibrationDataReader
from quark.onnx import ModelQuantizer
from quark.onnx.quantization.config import QConfig


class Samples(CalibrationDataReader):
    """`samples.npy`, one after another."""

    def __init__(self, folder: Path) -> None:
        self._left = iter(np.load(folder / "samples.npy"))

    def get_next(self) -> dict | None:
        sample = next(self._left, None)
        return None if sample is None else {"input": sample}


def main(folder: Path) -> None:
    """`quark_a8w8.onnx` and `quark_xint8.onnx`."""
    for name in ("A8W8", "XINT8"):
        quantizer = ModelQuantizer(QConfig.get_default_config(name))
        target = folder / f"quark_{name.lower()}.onnx"
        quantizer.quantize_model(str(folder / "float.onnx"), str(target), Samples(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
