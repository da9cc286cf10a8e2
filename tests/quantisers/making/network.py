"""The network that every quantiser is given: one layer of each kind, pruned 1:8 along the input channels.

`python network.py FOLDER` writes `float.onnx`, `float13.onnx` (opset 13) and `samples.npy`, which quantisers that start
from ONNX read.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

SHAPE = (1, 3, 16, 16)
GROUP = 8
"""Of so many neighbours along the input channels, one weight is left."""


class Layers:
    """Plain layers; quantisers that need layers of their own bring others."""

    conv, linear, relu, input, plain = nn.Conv2d, nn.Linear, nn.ReLU, nn.Identity, nn.Identity


class Network(nn.Module):
    """A stem of stride 2, a residual block, a depthwise convolution between two of 1x1, pooling, a classifier."""

    def __init__(self, layers: type = Layers) -> None:
        super().__init__()
        self.input = layers.input()
        self.stem = layers.conv(3, 16, 3, stride=2, padding=1)
        self.first = layers.conv(16, 16, 3, padding=1)
        self.second = layers.conv(16, 16, 3, padding=1)
        self.expand = layers.conv(16, 32, 1)
        self.depthwise = layers.conv(32, 32, 3, padding=1, groups=32)
        self.pointwise = layers.conv(32, 32, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = layers.linear(32, 10)
        self.relus = nn.ModuleList(layers.relu() for _ in range(6))
        self.plain = nn.ModuleList(layers.plain() for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (1, 10) of an image (1, 3, 16, 16)."""
        x = self.relus[0](self.stem(self.input(x)))
        y = self.relus[1](self.first(x))
        x = self.relus[2](x + self.plain[0](self.second(y)))
        x = self.relus[3](self.expand(x))
        x = self.relus[4](self.depthwise(x))
        x = self.relus[5](self.pointwise(x))
        return self.plain[2](self.classifier(torch.flatten(self.plain[1](self.pool(x)), 1)))


def pruned(layers: type = Layers) -> Network:
    """The network with seeded weights, all but the largest of every eight neighbours 0."""
    torch.manual_seed(0)
    plain = Network().eval()
    with torch.no_grad():
        for layer in plain.modules():
            weight = getattr(layer, "weight", None)
            if weight is None or weight.shape[1] % GROUP:
                continue
            groups = weight.reshape(len(weight), -1, GROUP, *weight.shape[2:]).abs()
            kept = (groups == groups.amax(2, keepdim=True)).reshape(weight.shape)
            weight.mul_(kept * 3.0)  # what is left carries on the signal
    network = Network(layers).eval()
    network.load_state_dict(plain.state_dict(), strict=False)
    return network


def samples(count: int = 32) -> list[np.ndarray]:
    """Calibration inputs (1, 3, 16, 16), float32."""
    rng = np.random.default_rng(1)
    return [rng.standard_normal(SHAPE).astype(np.float32) for _ in range(count)]


def main(folder: Path) -> None:
    """Write the float network and the samples."""
    np.save(folder / "samples.npy", np.stack(samples()))
    names = {"input_names": ["input"], "output_names": ["logits"]}
    given = (torch.from_numpy(samples(1)[0]),)
    torch.onnx.export(
        pruned(), given, folder / "float.onnx", dynamo=True, opset_version=18, external_data=False, **names
    )
    torch.onnx.export(pruned(), given, folder / "float13.onnx", dynamo=False, opset_version=13, **names)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
