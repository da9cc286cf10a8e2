"""Averages of weights: exact values, masks and BatchNorm of the averaged network, a model that is left as it was."""

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from nmcu import train as nt
from nmcu.errors import NmcuError


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(16, 8, 1, bias=False), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(32, 3))


def _train(model: nn.Module, steps: int) -> Iterator[None]:
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        model(torch.randn(6, 16, 2, 2)).square().mean().backward()
        optimizer.step()
        yield


def test_every_step_counts_the_same_without_a_decay() -> None:
    model = _network()
    average = nt.Average(model, decay=None)
    seen = []
    for _ in _train(model, 4):
        average.step()
        seen.append({n: p.detach().clone() for n, p in model.named_parameters()})
    average.finish([torch.randn(6, 16, 2, 2)])
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter, torch.stack([step[name] for step in seen]).mean(0))


def test_a_decay_forgets_and_the_first_steps_faster() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = nt.Average(model, decay=0.25)
    expected = model.weight.item()
    nn.init.constant_(model.weight, 8.0)
    for decay in (1 / 10, 2 / 11, 0.25, 0.25):
        average.step()
        expected = decay * expected + (1 - decay) * 8
        with average.applied():
            assert model.weight.item() == pytest.approx(expected)
        assert model.weight.item() == 8.0


def test_masks_and_batchnorm_are_those_of_the_average_and_all_is_put_back() -> None:
    model = _network()
    sparsifier = nt.sparsify(model, "1:16", skip="3")
    average = nt.Average(model, decay=0.5)
    for _ in _train(model, 5):
        sparsifier.step()
        average.step()
    before = copy.deepcopy(model.state_dict())
    data = torch.randn(64, 16, 2, 2)
    with average.applied([data]) as averaged:
        assert averaged is model
        nt.verify(model)
        weight = model[0].weight.detach().clone()
        dense = average.state_dict()["weights"]["0.parametrizations.weight.original"]
        plain = nn.Conv2d(16, 8, 1, bias=False)
        plain.weight.data = dense.clone()
        nt.sparsify(plain, "1:16").finish()
        torch.testing.assert_close(weight, plain.weight)
        torch.testing.assert_close(model[1].running_mean, model[0](data).mean((0, 2, 3)).detach())
    for name, value in model.state_dict().items():
        if isinstance(value, Tensor):
            assert torch.equal(value, before[name]), name


def test_an_average_goes_on_where_it_was() -> None:
    first, second = _network(), _network()
    one, other = nt.Average(first), nt.Average(second)
    for _ in _train(first, 3):
        one.step()
    second.load_state_dict(first.state_dict())
    other.load_state_dict(copy.deepcopy(one.state_dict()))
    for model, average in ((first, one), (second, other)):
        torch.manual_seed(3)
        for _ in _train(model, 2):
            average.step()
    for name, value in one.state_dict()["weights"].items():
        assert torch.equal(value, other.state_dict()["weights"][name])
    with pytest.raises(NmcuError, match="another model's weights"):
        nt.Average(nn.Linear(2, 2)).load_state_dict(one.state_dict())


def test_wrong_use_is_one_sentence() -> None:
    with pytest.raises(NmcuError, match="a decay of 1 is not possible"):
        nt.Average(nn.Linear(1, 1), decay=1)
    model = _network()
    average = nt.Average(model)
    with pytest.raises(NmcuError, match=r"the model has BatchNorm, .*give batches"), average.applied():
        pass
    nt.sparsify(model, "1:16", skip="3")
    with pytest.raises(NmcuError, match="make it after sparsify"):
        average.step()
