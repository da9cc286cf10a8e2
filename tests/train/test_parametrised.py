"""Weights that something else parametrises are pruned, trained, saved and exported as what they are in effect."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

from nmcu import operators
from nmcu import train as nt
from nmcu.errors import NmcuError
from nmcu.sparsity import NMPattern
from nmcu.train import checkpoint, masks


class _Standardised(nn.Module):
    """Weight standardisation (Qiao et al. 2019): each output channel has mean 0 and deviation 1."""

    def forward(self, weight: Tensor) -> Tensor:
        rows = weight.flatten(1)
        rows = (rows - rows.mean(1, keepdim=True)) / (rows.std(1, keepdim=True) + 1e-5)
        return rows.view_as(weight) / 8


def _standardised(layer: nn.Module) -> None:
    parametrize.register_parametrization(layer, "weight", _Standardised())


def _norm_per_input(layer: nn.Module) -> None:
    parametrizations.weight_norm(layer, dim=1)
    with torch.no_grad():
        layer.parametrizations.weight.original0.copy_(torch.rand(1, *layer.weight.shape[1:2], 1, 1) + 0.1)


KINDS = [parametrizations.orthogonal, _norm_per_input, parametrizations.spectral_norm, _standardised]


def _net(kind: Callable[[nn.Module], object]) -> nn.Sequential:
    net = nn.Sequential(nn.Conv2d(3, 16, 1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16))
    kind(net[2])
    return net.eval()


@pytest.mark.parametrize("kind", KINDS)
def test_masks_rank_the_effective_weight(kind: Callable[[nn.Module], object], tmp_path: Path) -> None:
    """The largest of each block is kept as the layer uses it, not as the optimiser stores it; after steps, too."""
    net, x = _net(kind), torch.randn(8, 3, 6, 6)
    effective = net[2].weight.detach().clone()
    sparsifier = nt.sparsify(net, {"2": "1:8"})
    for _ in range(2):
        keep = masks.compute(effective, NMPattern.parse("1:8"))
        torch.testing.assert_close(net[2].weight, effective * keep)
        with torch.no_grad():
            for trained in net[2].parametrizations.weight.parameters(recurse=False):
                trained.copy_(torch.rand_like(trained) + 0.1)
        effective = masks.dense_weight(net[2]).detach().clone()
        sparsifier.step()
    quantized = nt.quantize(net, x)
    nt.calibrate(quantized, [x])
    nt.export(quantized, x, tmp_path / "net.onnx")
    (_, layer) = (step for step in operators.load(tmp_path / "net.onnx").layers if step.kind == "conv")
    assert ((layer.constants["weight"] != 0).reshape(16, 3, 3, 2, 8).sum(-1) <= 1).all()
    error = (quantized.eval()(x) - net(x)).std() / net(x).std()
    assert error < 0.03


def test_compact_checkpoints_keep_frozen_masks_that_weights_do_not_show(tmp_path: Path) -> None:
    """The raw matrix behind an orthogonal weight is not masked; a kept weight may be zero."""
    for kind in (parametrizations.orthogonal, lambda layer: nn.init.zeros_(layer.weight)):
        model, other = _net(kind), _net(kind)
        for net in (model, other):
            nt.sparsify(net, {"2": "1:8"}).freeze()
        mask = masks.of(model[2])
        assert mask is not None
        mask.mask.copy_(masks.compute(torch.rand(16, 16, 3, 3), NMPattern.parse("1:8")))
        checkpoint.save_compact(tmp_path, model, {})
        checkpoint.load_compact(tmp_path, other)
        assert torch.equal(masks.of(other[2]).mask, mask.mask)
        torch.testing.assert_close(other[2].weight, model[2].weight, atol=1e-3, rtol=1e-3)


def test_a_weight_that_fills_its_pruned_positions_is_refused() -> None:
    net = _net(lambda layer: None)
    nt.sparsify(net, {"2": "1:8"})
    _standardised(net[2])
    with pytest.raises(
        NmcuError, match=r"layer '2' has weights where its mask has none: .* before you call sparsify"
    ):
        nt.quantize(net, torch.randn(2, 3, 6, 6))


def test_a_layer_that_changes_its_weight_by_itself_is_refused() -> None:
    """The mask would hold on the raw weight alone, and every weight in use be dense."""

    class StdConv2d(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.conv2d(x, _Standardised()(self.weight), self.bias, self.stride, self.padding)

    net = nn.Sequential(nn.Conv2d(8, 16, 1), StdConv2d(16, 16, 3))
    with pytest.raises(NmcuError, match="layer '1' is a StdConv2d with a forward of its own"):
        nt.sparsify(net, "1:8")
    nt.sparsify(net, "1:8", skip=["1"])


def test_other_tensors_than_the_weight_may_be_parametrised() -> None:
    class Positive(nn.Module):
        def forward(self, bias: Tensor) -> Tensor:
            return bias.abs() + 1

    net, x = nn.Sequential(nn.Linear(8, 8)), torch.randn(4, 8)
    parametrize.register_parametrization(net[0], "bias", Positive())
    parametrizations.weight_norm(net[0])
    quantized = nt.quantize(net, x)
    torch.testing.assert_close(quantized.get_submodule("0").bias, net[0].bias)
