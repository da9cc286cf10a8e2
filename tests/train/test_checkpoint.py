"""Checkpoints keep masks, refuse what does not fit, and come in a compact form."""

from pathlib import Path

import pytest
import torch
from torch import nn

from nmcu import train as nt
from nmcu.errors import NmcuError
from nmcu.train import checkpoint
from train.nets import Residual


def test_full_checkpoints_round_trip(tmp_path: Path) -> None:
    model = Residual()
    nt.sparsify(model, "1:8", skip=["fc"])
    checkpoint.save(tmp_path / "full.pt", {"model": model.state_dict(), "epoch": 3})
    state = checkpoint.load(tmp_path / "full.pt")
    other = Residual()
    nt.sparsify(other, "1:8", skip=["fc"])
    checkpoint.load_model(other, state["model"])
    assert state["epoch"] == 3
    assert torch.equal(other.conv.weight, model.conv.weight)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 nor this"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "full.pt").write_bytes(content)
    with pytest.raises(NmcuError, match="is not a checkpoint"):
        checkpoint.load(tmp_path / "full.pt")
    with pytest.raises(NmcuError, match="holds no compact checkpoint"):
        checkpoint.load_compact(tmp_path / "nothing", Residual())


def test_a_lost_mask_is_named() -> None:
    model = Residual()
    nt.sparsify(model, "1:8", skip=["fc"])
    state = {k: v for k, v in model.state_dict().items() if not k.endswith("mask")}
    with pytest.raises(NmcuError, match=r"lost the mask 'conv\.parametrizations\.weight\.0\.mask'"):
        checkpoint.load_model(model, state)


def test_weights_of_another_model_are_refused() -> None:
    with pytest.raises(NmcuError, match=r"does not fit the model: .* missing"):
        checkpoint.load_model(Residual(), nn.Linear(2, 2).state_dict())
    with pytest.raises(NmcuError, match="does not fit the model: size mismatch"):
        checkpoint.load_model(Residual(16), Residual(8).state_dict())


@pytest.mark.parametrize("freeze", [False, True])
def test_compact_checkpoints_keep_masks_and_position(freeze: bool, tmp_path: Path) -> None:
    model, other = Residual(), Residual()
    sparsifier = nt.sparsify(model, "1:8x4", skip=["fc"])
    if freeze:
        sparsifier.freeze()
    size = checkpoint.save_compact(tmp_path, model, {"epoch": 7})
    assert size == (tmp_path / "part0").stat().st_size < 20_000
    continued = nt.sparsify(other, "1:8x4", skip=["fc"])
    if freeze:
        continued.freeze()
    assert checkpoint.load_compact(tmp_path, other) == {"epoch": 7}
    torch.testing.assert_close(other.conv.weight, model.conv.weight, atol=1e-3, rtol=1e-3)
    nt.verify(other)


def test_compact_checkpoints_keep_statistics_whole(tmp_path: Path) -> None:
    """Variances of inputs from 0 to 255 do not fit half precision."""
    model, other = Residual(), Residual()
    norm = next(m for m in model.modules() if isinstance(m, nn.BatchNorm2d))
    assert norm.running_var is not None
    norm.running_var.fill_(1e6)
    checkpoint.save_compact(tmp_path, model, {})
    checkpoint.load_compact(tmp_path, other)
    found = next(m for m in other.modules() if isinstance(m, nn.BatchNorm2d)).running_var
    assert found is not None and (found == 1e6).all()


def test_compact_checkpoints_split_into_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "PART_BYTES", 4000)
    model, other = Residual(), Residual()
    checkpoint.save_compact(tmp_path, model, {})
    assert len(list(tmp_path.iterdir())) > 1
    checkpoint.load_compact(tmp_path, other)
    torch.testing.assert_close(other.fc.weight, model.fc.weight, atol=1e-3, rtol=1e-3)
    monkeypatch.setattr(checkpoint, "PART_BYTES", 100)
    with pytest.raises(NmcuError, match="holds at most 400"):
        checkpoint.save_compact(tmp_path, model, {})
