"""litert-torch and ai-edge-quantizer: PyTorch to an int8 TFLite file. `python with_litert_torch.py FOLDER`."""

import sys
from pathlib import Path

import litert_torch
import torch
from ai_edge_quantizer import quantizer, recipe
from network import pruned, samples


def main(folder: Path) -> None:
    """`litert_torch.tflite`: int8 activations and weights, static."""
    given = [torch.from_numpy(sample) for sample in samples()]
    litert_torch.convert(pruned(), (given[0],)).export(str(folder / "float.tflite"))
    work = quantizer.Quantizer(str(folder / "float.tflite"), recipe.static_wi8_ai8())
    calibration = work.calibrate({"serving_default": [{"args_0": sample.numpy()} for sample in given]})
    work.quantize(calibration).export_model(str(folder / "litert_torch.tflite"), overwrite=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
