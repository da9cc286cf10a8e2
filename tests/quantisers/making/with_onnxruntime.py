"""ONNX Runtime's static quantisation, both forms and three pairs of types. `python with_onnxruntime.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

SIGNED, UNSIGNED = QuantType.QInt8, QuantType.QUInt8


class Samples(CalibrationDataReader):
    """`samples.npy`, one after another."""

    def __init__(self, folder: Path) -> None:
        self._left = iter(np.load(folder / "samples.npy"))

    def get_next(self) -> dict | None:
        sample = next(self._left, None)
        return None if sample is None else {"input": sample}


def main(folder: Path) -> None:
    """Each form and pair of types: `onnxruntime_FORM_TYPES.onnx`."""
    for form in (QuantFormat.QDQ, QuantFormat.QOperator):
        for types, activations, weights in (
            ("s8s8", SIGNED, SIGNED),
            ("u8s8", UNSIGNED, SIGNED),
            ("u8u8", UNSIGNED, UNSIGNED),
        ):
            quantize_static(
                folder / "float.onnx",
                folder / f"onnxruntime_{form.name.lower()}_{types}.onnx",
                Samples(folder),
                quant_format=form,
                activation_type=activations,
                weight_type=weights,
                per_channel=types != "u8u8",
                reduce_range=types == "u8u8",  # 7 bits: weights minus zero point fit int8
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
