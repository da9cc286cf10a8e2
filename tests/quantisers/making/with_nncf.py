"""NNCF: post-training quantisation of an ONNX model. `python with_nncf.py FOLDER`."""

import sys
from pathlib import Path

import nncf
import numpy as np
import onnx


def main(folder: Path) -> None:
    """`nncf.onnx`: int8 symmetric weights, its default preset."""
    samples = [{"input": sample} for sample in np.load(folder / "samples.npy")]
    model = nncf.quantize(onnx.load(folder / "float.onnx"), nncf.Dataset(samples), subset_size=len(samples))
    onnx.save(model, folder / "nncf.onnx")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
