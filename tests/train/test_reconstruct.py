"""Float models pruned without training."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nmcu import train
from nmcu.errors import NmcuError
from nmcu.train import masks
from nmcu.train.windows import windows


def images(count: int, seed: int = 0) -> Tensor:
    """Smooth ones, whose pixels depend on each other."""
    noise = torch.randn(count, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    return functional.interpolate(noise, (12, 12), mode="bilinear")


class Residual(nn.Module):
    """Convolutions with a BatchNorm and with a bias, a grouped one, one that runs twice, a linear layer behind a
    Flatten."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.down = nn.Conv2d(16, 16, 3, stride=2, padding=1, padding_mode="reflect")
        self.grouped = nn.Conv2d(16, 16, 3, padding=1, groups=4)
        self.twice = nn.Conv2d(16, 16, 1)
        self.norm = nn.BatchNorm2d(16)
        self.fc = nn.Linear(16 * 36, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.down(self.stem(x)))
        x = functional.relu(self.norm(self.twice(functional.relu(self.twice(x + self.grouped(x))))))
        return self.fc(x.flatten(1))


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    net = Residual()
    for _ in range(3):
        net(images(64))  # statistics that are those of the data
    return net


CASES = [
    nn.Conv2d(8, 5, 3, padding=1),
    nn.Conv2d(8, 5, (3, 2), stride=(2, 1), padding=(2, 0), dilation=(1, 2), bias=False),
    nn.Conv2d(8, 5, 3, padding="same", padding_mode="circular"),
    nn.Conv1d(8, 5, 5, stride=2, padding=2, padding_mode="replicate"),
    nn.Linear(8, 5),
]


@pytest.mark.parametrize("layer", CASES, ids=str)
def test_windows_are_what_results_are_made_of(layer: nn.Conv1d | nn.Conv2d | nn.Linear) -> None:
    x = torch.randn(3, *{nn.Conv2d: (8, 9, 10), nn.Conv1d: (8, 11), nn.Linear: (4, 8)}[type(layer)])
    rows = masks.reduction_last(layer.weight, None).reshape(5, -1)
    bias = 0 if layer.bias is None else layer.bias
    found = windows(x, layer, 10**6, 0) @ rows.T + bias
    results = layer(x)
    wanted = results if isinstance(layer, nn.Linear) else results.movedim(1, -1)
    torch.testing.assert_close(found, wanted.reshape(-1, 5), rtol=1e-4, atol=1e-5)
    assert len(windows(x, layer, 7, 0)) == 7


def test_results_stay_nearer_than_by_magnitude(model: nn.Module) -> None:
    unseen, before = images(64, 1), model.eval()(images(64, 1))
    grouped = model.grouped.weight.clone()
    plain = Residual().eval()
    plain.load_state_dict(model.state_dict())
    train.sparsify(plain, "1:8", channels={"fc": 16}).finish()
    model.train()
    found = train.reconstruct(model, [images(128), (images(128, 2), None)], "1:8", channels={"fc": 16})
    assert model.training and model.norm.training
    assert set(found.lost) == {"down", "twice", "fc"}
    assert all(0 < share < 1 for share in found.lost.values())
    assert "down: " in str(found)
    assert torch.equal(model.grouped.weight, grouped)
    error, other = (((each.eval()(unseen) - before) ** 2).mean() for each in (model, plain))
    assert error < 0.5 * other


def test_zeros_of_layers_that_are_not_pruned_stay(model: nn.Module) -> None:
    with torch.no_grad():
        model.twice.weight[:, ::2] = 0
    train.reconstruct(model, [images(64)], {"down": "1:8"})
    assert not model.twice.weight[:, ::2].any()
    assert model.twice.weight[:, 1::2].all()


def test_sparsify_keeps_the_weights_that_were_chosen(model: nn.Module) -> None:
    train.reconstruct(model, [images(64)], {"down": "2:8x4", "fc": "1:16"}, channels={"fc": 16})
    before = {name: model.get_submodule(name).weight.clone() for name in ("down", "fc")}
    assert (before["down"] != 0).sum() == before["down"].numel() / 4
    sparsifier = train.sparsify(model, {"down": "2:8x4", "fc": "1:16"}, channels={"fc": 16})
    train.verify(model)
    sparsifier.finish()
    for name, weight in before.items():
        assert torch.equal(model.get_submodule(name).weight, weight)


@pytest.mark.parametrize("bias", [True, False])
def test_biases_or_the_norm_take_up_the_mean(bias: bool) -> None:
    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(16, 8, 1, bias=bias), nn.BatchNorm2d(8))
    data = torch.randn(64, 16, 8, 8) + torch.linspace(-3, 3, 16)[:, None, None]
    net(data)
    before = net.eval()(data).mean((0, 2, 3))
    train.reconstruct(net, [data], "1:16")
    torch.testing.assert_close(net(data).mean((0, 2, 3)), before, rtol=0, atol=1e-4)


def test_what_cannot_be_reconstructed_is_said(model: nn.Module) -> None:
    with pytest.raises(NmcuError, match="there are no data"):
        train.reconstruct(model, [], "1:8")
    with pytest.raises(NmcuError, match=r"'head' matches no Conv or Linear layer; the model has: stem.0, "):
        train.reconstruct(model, [images(2)], {"head": "1:8"})
    with pytest.raises(NmcuError, match="no layer to prune"):
        train.reconstruct(model, [images(2)], "1:32", skip="fc")
    with pytest.raises(NmcuError, match="batch 1 holds NaN"):
        train.reconstruct(model, [images(2), images(2) / 0], "1:8")
    with pytest.raises(NmcuError, match=r"does not run on batch 0 of shape \(2, 3, 5, 5\)"):
        train.reconstruct(model, [images(2)[:, :, :5, :5]], "1:8")
    train.sparsify(model, "1:8", channels={"fc": 16})
    with pytest.raises(NmcuError, match="is parametrised: reconstruct before sparsify"):
        train.reconstruct(model, [images(2)], "1:8")
