"""Channel permutation: the same function, in float and in int8, with more of the weights' magnitude kept."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import nmcu
from nmcu import train as nt
from nmcu.errors import NmcuError
from nmcu.train import channels
from train.nets import Residual

SKIP = ["fc"]


class Mixed(nn.Module):
    """A depthwise convolution, two branches that are joined, a reshape that mixes, a linear layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 32, 3, padding=1)
        self.depthwise = nn.Conv2d(32, 32, 3, padding=1, groups=32)
        self.norm = nn.BatchNorm2d(32)
        self.left = nn.Conv2d(32, 16, 1)
        self.right = nn.Conv2d(32, 16, 1)
        self.mid = nn.Conv2d(32, 24, 1)
        self.twice = nn.Conv2d(24, 24, 1)
        self.last = nn.Conv2d(24, 16, 1)
        self.fc = nn.Linear(16 * 4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.norm(self.depthwise(self.first(x))))
        x = self.mid(torch.cat([self.left(x), self.right(x)], 1))
        x = self.last(self.twice(torch.relu(self.twice(x))))
        return self.fc(nn.functional.adaptive_avg_pool2d(x, 2).flatten(1))


def test_what_may_move_is_found() -> None:
    found = channels.free(Mixed(), torch.randn(2, 3, 8, 8))
    # a concatenation, a layer that is used twice and a flattened map hold the others in place
    assert [(c.makers, c.takers, c.scales) for c in found] == [
        (["first"], ["left", "right"], ["depthwise", "norm"]),
    ]


@pytest.mark.parametrize("pattern", ["1:8", "2:8", "1:8x4", "1:16"])
@pytest.mark.parametrize("net", [Mixed(), Residual(width=32)])
def test_the_function_stays_and_more_is_kept(net: nn.Module, pattern: str) -> None:
    model = copy.deepcopy(net).eval()
    x = torch.randn(2, 3, 8, 8)
    before = model(x)
    kept = nt.permute(model, x, pattern, skip=SKIP)
    torch.testing.assert_close(model(x), before, rtol=1e-4, atol=1e-5)
    assert sum(kept.after.values()) > sum(kept.before.values())
    assert kept.after.keys() == kept.before.keys()
    assert "% to" in str(kept)


def test_a_better_order_is_the_best_one_where_that_is_known() -> None:
    """Two large weights in each row, side by side: 1:4 keeps one of them, and both where they lie in other blocks."""
    model = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 4, 1), nn.Flatten(), nn.Linear(4, 2))
    weight = torch.full((4, 8, 1, 1), 0.001)
    weight[:, :2] = 1.0
    with torch.no_grad():
        model[2].weight.copy_(weight)
    kept = nt.permute(model, torch.randn(1, 3, 1, 1), {"2": "1:4"})
    assert kept.before["2"] < 0.51 and kept.after["2"] > 0.99


@torch.backends.mkldnn.flags(enabled=False)  # whose convolutions by Winograd are not sums of products
def test_the_int8_file_computes_the_same(tmp_path: Path) -> None:
    """Bit for bit, with weights and inputs whose sums are exact in float32 in any order.

    Codes are compared: behind the first layer sums are of rescaled codes, and the last bit of a scale that calibration
    finds depends on their order.
    """
    model = Residual().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("weight") and parameter.ndim > 1:
                parameter.copy_(torch.randint(-4, 5, parameter.shape) / 8)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = 0.0
        model.conv.bias.zero_()
    sample = torch.randint(-8, 8, (8, 3, 8, 8)) / 4
    outputs = []
    for number in range(2):
        if number:
            nt.permute(model, sample, "1:8x4", skip=SKIP)
        quantized = nt.quantize(model, sample)
        nt.calibrate(quantized, [sample])
        nt.export(quantized, sample, tmp_path / f"{number}.onnx", mean=0.5, std=0.25)
        network = nmcu.load(tmp_path / f"{number}.onnx")
        found = nmcu.run(network, seed=3).outputs
        (values,), (tensor,) = found.values(), network.outputs
        outputs.append(np.rint(values / tensor.scale))
    assert len({p.read_bytes() for p in tmp_path.glob("*.onnx")}) == 2
    np.testing.assert_array_equal(*outputs)
    assert len(np.unique(outputs[0])) > 1


def test_a_pruned_model_is_refused() -> None:
    model = Residual(width=16)
    nt.sparsify(model, "1:8", skip=SKIP)
    with pytest.raises(NmcuError, match="permute its channels before"):
        nt.permute(model, torch.randn(1, 3, 16, 16), "1:8")


def test_a_model_that_cannot_be_traced_is_one_sentence() -> None:
    class Branches(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else -x

    with pytest.raises(NmcuError, match="cannot be traced"):
        nt.permute(Branches(), torch.randn(1, 3), "1:8")
