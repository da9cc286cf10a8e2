"""Random PyTorch networks: they name all that can be trained, and find a fault that is planted."""

import copy
import re
from pathlib import Path

import pytest
import torch
from torch import nn

import nmcu.bench.differential
from nmcu import train as nt
from nmcu.bench.differential import search
from nmcu.bench.differential.kinds import attempt
from nmcu.bench.differential.summary import Summary
from nmcu.bench.differential.torch.learning import stopped
from nmcu.bench.differential.torch.source import Source, read
from nmcu.bench.differential.torch_networks import networks
from nmcu.registry import Registry
from nmcu.train import fakequant, masks


def test_every_operation_that_can_be_trained_is_drawn() -> None:
    folder = Path(nmcu.bench.differential.__file__).parent / "torch"
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    rules = (operator.training for operator in Registry.installed().operators.values())
    named = {
        name.rpartition(".")[2]
        for rule in rules
        for names in (rule.weighted, rule.computes, rule.bounded, rule.moves, rule.clamps, rule.nothing)
        for name in names
    }
    assert not {name for name in named if not _written(name, text)}


def _written(name: str, text: str) -> bool:
    """Whether `text` has the word `name`; `Conv{dims}d` stands for both."""
    base = name.removesuffix("1d").removesuffix("2d")
    end = re.escape(name.removeprefix(base))
    return re.search(rf"(?<!\w){base}({end}|\{{dims}}d)(?!\w)", text) is not None


def test_a_planted_fault_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of which the tops are cut off."""
    right = fakequant.ActivationQuant._observe
    monkeypatch.setattr(fakequant.ActivationQuant, "_observe", lambda quant, x: right(quant, x.clamp(max=1)))
    monkeypatch.setattr(search, "SHRINKING_SECONDS", 10)
    searcher = search.Searcher("torch", networks(exported=10**6), attempt("torch"), Summary(), {})
    searcher.run(seed=0, seconds=60, most=20)
    failure = searcher.failures["the quantised copy is another network"]
    assert len(failure.case.operators) <= 1, failure.case.text
    assert failure.case.text.startswith("SHAPE, SEED = ")


def test_networks_are_the_same_when_read_again() -> None:
    source = Source((8,), 5, [("m0", "nn.Linear(8, 8)"), ("m1", "nn.BatchNorm1d(8)")], outputs=["v1"])
    source.lines = ["v0 = self.m0(x)", "v1 = self.m1(v0)"]
    (a, again), (b, _) = read(source.text()), read(source.text())
    assert torch.equal(again.sample(), source.sample()) and torch.equal(a(again.sample()), b(again.sample()))
    assert not torch.equal(a.m1.running_var, torch.ones(8)), "a wrong fold shows"


def test_a_layer_that_no_longer_learns_is_named() -> None:
    net, x = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8)), torch.randn(4, 8)
    nn.init.zeros_(net[2].weight)
    quantized = nt.quantize(net, x)
    nt.calibrate(quantized, [x])
    assert stopped(net, quantized, x) is None
    frozen = copy.deepcopy(net)
    nt.sparsify(frozen, {"2": "1:8"}).freeze()
    masks.of(frozen[2]).mask.zero_()
    assert stopped(net, frozen, x) == "2"
