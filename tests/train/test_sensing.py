"""Sensitivity of a float model."""

import copy

import pytest
import torch

from nmcu import train
from nmcu.errors import NmcuError
from nmcu.sparsity import NMPattern
from nmcu.train import masks
from train.nets import Residual


def batches(labelled: bool = True) -> list[tuple[torch.Tensor, ...]]:
    generator = torch.Generator().manual_seed(2)
    images = [torch.randn(n, 3, 8, 8, generator=generator) for n in (5, 3)]
    return [(x, torch.arange(len(x)) % 4) if labelled else (x,) for x in images]


def test_is_what_each_pruned_model_gives() -> None:
    model = Residual()
    before = copy.deepcopy(model.state_dict())
    found = train.sensitivity(model, batches(), ["1:4", "1:16"])
    assert (found.metric, found.samples, found.model) == ("top1", 8, "Residual")
    assert [layer.name for layer in found.layers] == ["conv", "fc"]  # the stem has three inputs
    assert [layer.macs for layer in found.layers] == [64 * 16 * 16 * 9, 16 * 4]
    assert model.training and all(
        torch.equal(before[name], value) for name, value in model.state_dict().items()
    )
    for layer in found.layers:
        for pruned in layer.pruned:
            anew = copy.deepcopy(model).eval()
            weight = anew.get_submodule(layer.name).weight
            weight.data *= masks.compute(weight, pruned.pattern)
            dense = copy.deepcopy(model).eval()
            with torch.no_grad():
                ours, theirs = (torch.cat([net(x) for x, _ in batches()]).double() for net in (anew, dense))
            classes = torch.cat([y for _, y in batches()])
            assert pruned.score.correct == int((ours.argmax(1) == classes).sum())
            assert pruned.score.mse == pytest.approx(float(((ours - theirs) ** 2).mean()), rel=1e-4)
            kl = (theirs.softmax(1) * (theirs.log_softmax(1) - ours.log_softmax(1))).sum(1).mean()
            assert pruned.score.kl == pytest.approx(float(kl), rel=1e-4, abs=1e-9)
    assert len(found.rows()) == 4 and found.to_json()["predicted_cycles"] is None


def test_without_classes_outputs_diverge() -> None:
    found = train.sensitivity(Residual(), batches(labelled=False), [NMPattern(1, 8)], skip="fc")
    assert found.metric == "kl"
    assert [layer.name for layer in found.layers] == ["conv"]
    with pytest.raises(NmcuError, match="batch 0 has no classes, which the metric top1 needs"):
        train.sensitivity(Residual(), batches(labelled=False), ["1:8"], metric="top1")


def test_what_is_not_possible_is_one_sentence() -> None:
    with pytest.raises(NmcuError, match="is not an N:M pattern"):
        train.sensitivity(Residual(), batches(), ["half"])
    with pytest.raises(NmcuError, match="no layer to prune"):
        train.sensitivity(Residual(), batches(), ["1:64"])
    with pytest.raises(
        NmcuError, match=r"'head\*' matches no Conv or Linear layer; the model has: stem.0, conv, fc"
    ):
        train.sensitivity(Residual(), batches(), ["1:8"], skip="head*")
    with pytest.raises(NmcuError, match="there are no data"):
        train.sensitivity(Residual(), [], ["1:8"])
