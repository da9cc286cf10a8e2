"""One call starts pruning, one call per step keeps it going, plain PyTorch comes out."""

import copy
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nmcu import sparsity
from nmcu import train as nt
from nmcu.errors import NmcuError, NoGainWarning
from nmcu.sparsity import NMPattern
from nmcu.train import masks
from train.nets import Flattened, Residual


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, amp: bool = False) -> float:
    generator = torch.Generator().manual_seed(1)
    images, labels = torch.randn(8, 3, 8, 8, generator=generator), torch.arange(8) % 4
    with torch.autocast("cpu", torch.bfloat16, enabled=amp):
        logits = model(images)
    loss = nn.functional.cross_entropy(logits.float(), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


@pytest.mark.parametrize("pattern", ["1:4", "2:4", "1:8", "1:16", "1:8x4"])
@pytest.mark.parametrize("amp", [False, True])
def test_training_keeps_the_pattern(pattern: str, amp: bool) -> None:
    model = Residual()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    sparsifier = nt.sparsify(model, pattern, skip=["fc"])
    assert sparsifier.patterns == {"conv": pattern}, "the stem has too few inputs for one block"
    dense = model.conv.parametrizations.weight.original
    assert any(p is dense for p in optimizer.param_groups[0]["params"]), "an older optimiser trains it too"
    losses = []
    for _ in range(6):
        losses.append(_step(model, optimizer, amp))
        sparsifier.step()
        nt.verify(model)
    assert losses[-1] < losses[0]
    plain = sparsifier.finish()
    assert type(plain.conv) is nn.Conv2d and "conv.weight" in dict(plain.named_parameters())
    found = sparsity.detect(plain.conv.weight.detach().movedim(1, -1).numpy())
    assert found is not None and found.density <= sparsity.NMPattern.parse(pattern).density


def test_masks_follow_the_dense_weights() -> None:
    model = Residual()
    sparsifier = nt.sparsify(model, {"conv": "1:16"}, interval=2)
    before = model.conv.weight.detach() != 0
    with torch.no_grad():
        model.conv.parametrizations.weight.original.copy_(torch.randn(16, 16, 3, 3))
    sparsifier.step()
    assert torch.equal(model.conv.weight != 0, before), "not due yet"
    sparsifier.step()
    assert not torch.equal(model.conv.weight != 0, before)
    sparsifier.freeze()
    kept = model.conv.weight != 0
    with torch.no_grad():
        model.conv.parametrizations.weight.original.copy_(torch.randn(16, 16, 3, 3))
    sparsifier.step()
    assert torch.equal(model.conv.weight != 0, kept)


def test_gradual_schedules_get_sparser() -> None:
    model = Residual()
    sparsifier = nt.sparsify(model, [(2, "1:4"), (4, "1:8"), (6, "1:16")], skip=["fc"])
    zeros = []
    for _ in range(7):
        zeros.append(int((model.conv.weight == 0).sum()))
        sparsifier.step()
    size = model.conv.weight.numel()
    assert zeros == [size * k // 16 for k in (0, 0, 12, 12, 14, 14, 15)]


def test_pruned_weights_fade_out() -> None:
    model = Residual()
    dense = model.conv.weight.detach().clone()
    sparsifier = nt.sparsify(model, "1:8", skip=["fc"], fade=4)
    kept = masks.compute(dense, NMPattern.parse("1:8"))
    for step in range(6):
        share = max(0, 1 - step / 4) ** 3
        torch.testing.assert_close(model.conv.weight, torch.where(kept, dense, share * dense))
        if step == 2:
            with pytest.raises(NmcuError, match="'conv' is still fading into its pattern: call freeze"):
                nt.quantize(model, torch.randn(2, 3, 8, 8))
            again = Residual()
            other = nt.sparsify(again, "1:8", skip=["fc"], fade=4)
            nt.checkpoint.load_model(again, model.state_dict())
            other.load_state_dict(sparsifier.state_dict())
            torch.testing.assert_close(again.conv.weight, model.conv.weight)
        sparsifier.step()
    nt.verify(sparsifier.finish())


def test_frozen_masks_leave_the_schedule() -> None:
    model = Residual()
    sparsifier = nt.sparsify(model, [(0, "1:4"), (2, "1:8")], skip=["fc"])
    sparsifier.freeze()
    sparsifier.seek(5)
    assert set(sparsifier.patterns.values()) == {"1:4"}
    nt.verify(sparsifier.finish())


def test_the_schedule_leads_back_to_dense_weights() -> None:
    model = Residual()
    sparsifier = nt.sparsify(model, [(2, "1:4")], skip=["fc"])
    sparsifier.seek(3)
    sparsifier.seek(0)
    assert int((model.conv.weight == 0).sum()) == 0


def test_globs_choose_patterns_and_the_first_wins() -> None:
    model = Residual()
    sparsifier = nt.sparsify(model, {"fc": "2:4", "*": "1:8"})
    assert sparsifier.patterns == {"conv": "1:8", "fc": "2:4"}
    assert str(sparsifier) == "Sparsifier(step 0: conv 1:8, fc 2:4)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pattern": "9:8"}, "9:8"),
        ({"pattern": "sparse"}, "'sparse' is not an N:M pattern"),
        ({"pattern": {"layer7": "1:8"}}, "'layer7' matches no Conv or Linear layer"),
        ({"pattern": "1:8", "skip": ["nothing*"]}, "'nothing\\*' matches no"),
        ({"pattern": "1:64"}, "no layer to prune"),
        ({"pattern": [(5, "1:4"), (5, "1:8")]}, "rising order"),
        ({"pattern": "1:8", "interval": 0}, "at least 1"),
        ({"pattern": "1:8", "channels": {"conv": 4}}, "does not fit layer 'conv'"),
    ],
)
def test_bad_requests_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(NmcuError, match=message):
        nt.sparsify(Residual(), **arguments)


def test_sparsifying_twice_is_refused() -> None:
    model = Residual()
    nt.sparsify(model, "1:8")
    with pytest.raises(NmcuError, match="'conv' is sparsified already"):
        nt.sparsify(model, "1:4")


def test_verify_names_layer_block_and_pattern() -> None:
    model = Residual()
    nt.sparsify(model, "1:8", skip=["fc"])
    model.conv.parametrizations.weight[0].mask[3, :, 2, 1] = True
    with pytest.raises(NmcuError, match="'conv' breaks its pattern 1:8: output channel 3, tap 7, block 0"):
        nt.verify(model)


def test_resumed_training_equals_uninterrupted_training() -> None:
    def start() -> tuple[Residual, torch.optim.Optimizer, nt.Sparsifier]:
        torch.manual_seed(3)
        model = Residual()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        return model, optimizer, nt.sparsify(model, [(0, "1:4"), (3, "1:8")], skip=["fc"], interval=2)

    model, optimizer, sparsifier = start()
    for i in range(8):
        if i == 5:
            saved = copy.deepcopy((model.state_dict(), optimizer.state_dict(), sparsifier.state_dict()))
        _step(model, optimizer)
        sparsifier.step()
    again, optimizer, sparsifier = start()
    nt.checkpoint.load_model(again, saved[0])
    optimizer.load_state_dict(saved[1])
    sparsifier.load_state_dict(saved[2])
    assert sparsifier.patterns == {"conv": "1:8"}
    for _ in range(3):
        _step(again, optimizer)
        sparsifier.step()
    for a, b in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_checkpoint_of_another_pattern_is_refused() -> None:
    model, other = Residual(), Residual()
    saved = nt.sparsify(model, "1:8").state_dict()
    with pytest.raises(NmcuError, match="'conv' of the checkpoint has pattern 1:8, the model 1:4"):
        nt.sparsify(other, "1:4").load_state_dict(saved)


def test_flattened_linear_layers_take_their_channels() -> None:
    model = Flattened()
    nt.sparsify(model, {"fc": "1:8"}, channels={"fc": 8})
    blocks = (model.fc.weight != 0).numpy().reshape(8, 8, 16)
    assert np.array_equal(blocks.sum(axis=1), np.ones((8, 16))), "one weight per pixel of the map"


class _Wide(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(64, 64, 3)
        self.line = nn.Conv1d(32, 64, 3)
        self.grouped = nn.Conv2d(64, 64, 3, groups=4)
        self.fc = nn.Linear(256, 10)


@pytest.mark.parametrize("pattern", ["2:4", "1:3", [(0, "1:8"), (5, "2:4")], {"conv": "2:4", "fc": "1:8"}])
def test_a_pattern_that_gains_nothing_is_taken_with_a_warning(pattern: Any) -> None:
    with pytest.warns(
        NoGainWarning, match="gains no speed on cluster8 with xcv: in layers? .*'conv'"
    ) as told:
        sparsifier = nt.sparsify(_Wide(), pattern)
    assert len(told) == 1 and told[0].filename == __file__
    assert "conv" in sparsifier.patterns


@pytest.mark.parametrize(("pattern", "isa"), [("2:4", "rv32"), ("1:4", "xcv"), ("1:8x4", "xcv")])
def test_no_warning_where_a_pattern_gains(pattern: str, isa: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", NoGainWarning)
        nt.sparsify(_Wide(), pattern, isa=isa)
