"""PyTorch's PT2E with the XNNPACK quantiser that torchao ships. `python with_pt2e.py FOLDER`."""

import sys
from pathlib import Path

import torch
from network import pruned, samples
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from torchao.testing.pt2e._xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config


def main(folder: Path) -> None:
    """`pt2e.onnx`: int8, weights per channel."""
    given = [torch.from_numpy(sample) for sample in samples()]
    exported = torch.export.export(pruned(), (given[0],)).module()
    quantiser = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
    prepared = prepare_pt2e(exported, quantiser)
    for sample in given:
        prepared(sample)
    int8 = convert_pt2e(prepared)
    torch.onnx.export(
        int8, (given[0],), folder / "pt2e.onnx", dynamo=True, opset_version=18, external_data=False
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
