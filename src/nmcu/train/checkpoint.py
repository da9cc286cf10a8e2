"""Checkpoints that load without unpickling code: a full one to resume exactly, a compact one to carry elsewhere."""

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from nmcu.errors import NmcuError
from nmcu.files import write_atomically
from nmcu.train import masks

PART_BYTES = 11_000_000
PARTS = 4


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Write `state` (tensors, numbers, strings, lists, dicts) to `path`, whole or not at all."""
    write_atomically(path, _to_bytes(state))


def load(path: Path) -> dict[str, Any]:
    """The state that `save` wrote; raises `NmcuError` for a file that is none."""
    try:
        return _from_bytes(path.read_bytes())
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise NmcuError(f"{path} is not a checkpoint: {_first_line(error)}") from error


def load_model(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """`model.load_state_dict(state)` with one clear sentence where entries are missing, a mask above all."""
    missing, unexpected = (
        set(a) - set(b) for a, b in ((model.state_dict(), state), (state, model.state_dict()))
    )
    lost = sorted(n for n in missing if n.endswith(".mask"))
    if lost:
        raise NmcuError(f"the checkpoint has lost the mask {lost[0]!r} ({len(lost)} in all)")
    if missing or unexpected:
        raise NmcuError(
            f"the checkpoint does not fit the model: {len(missing)} entries missing "
            f"({', '.join(sorted(missing)[:3])}), {len(unexpected)} unknown ({', '.join(sorted(unexpected)[:3])})"
        )
    try:
        model.load_state_dict(dict(state))
    except RuntimeError as error:
        raise NmcuError(
            f"the checkpoint does not fit the model: {str(error).splitlines()[-1].strip()}"
        ) from error


def save_compact(folder: Path, model: nn.Module, state: Mapping[str, Any]) -> int:
    """Write half-precision weights of `model`, its statistics and the small `state` to `folder`; returns the bytes.

    Files are `part0`, `part1`, ... of at most 11 MB, 4 at most (ViT with 21 M weights: 43 MB). Masks are not stored:
    they follow from the weights; a frozen one keeps what is not zero, or is stored where that does not say it (kept
    weights that are zero, weight norm before the mask). A model without masks loads it too. Raises `NmcuError` for a
    larger model.
    """
    frozen, stored = {}, {}
    for name, mask in ((n, m) for n, m in _masks(model) if m.frozen):
        layer = model.get_submodule(name)
        first = masks.is_first(layer)
        if first:
            frozen[f"{name}.weight"] = mask.mask
        if not first or not torch.equal(mask.mask, (masks.dense_weight(layer) * mask.mask).half() != 0):
            stored[name] = mask.mask
    statistics = {_plain_name(name) for name, _ in model.named_buffers()}
    weights = {}
    for name, value in _plain(model.state_dict()).items():
        kept = value * frozen[name] if name in frozen else value
        halved = kept.is_floating_point() and kept.ndim > 0 and name not in statistics
        weights[name] = kept.half() if halved else kept
    data = _to_bytes({"weights": weights, "state": dict(state), "masks": stored})
    parts = [data[i : i + PART_BYTES] for i in range(0, len(data), PART_BYTES)]
    if len(parts) > PARTS:
        raise NmcuError(
            f"the model needs {len(data)} bytes: a compact checkpoint holds at most {PARTS * PART_BYTES}"
        )
    for i, part in enumerate(parts):
        write_atomically(folder / f"part{i}", part)
    for i in range(len(parts), PARTS):
        (folder / f"part{i}").unlink(missing_ok=True)
    return len(data)


def load_compact(folder: Path, model: nn.Module) -> dict[str, Any]:
    """Load the weights in `folder` into `model`, recompute its masks, and return the state that was stored."""
    saved = read_compact(folder)
    current = model.state_dict()
    weights = {n: v for n, v in saved["weights"].items() if n in _plain(current)}
    found = {n: weights[_plain_name(n)] for n in current if _plain_name(n) in weights}
    masks_and_patterns = {n: v for n, v in current.items() if _is_mask(n)}
    load_model(model, {**masks_and_patterns, **{n: v.to(current[n].dtype) for n, v in found.items()}})
    for name, mask in _masks(model):
        weight = masks.dense_weight(model.get_submodule(name))
        if mask.frozen:
            mask.mask.copy_(saved.get("masks", {}).get(name, weight != 0))
        else:
            mask.update(weight)
    return cast(dict[str, Any], saved["state"])


def read_compact(folder: Path) -> dict[str, Any]:
    """The `weights` and `state` in `folder`; raises `NmcuError` where there are none."""
    parts = [p for p in (folder / f"part{i}" for i in range(PARTS)) if p.is_file()]
    try:
        return _from_bytes(b"".join(p.read_bytes() for p in parts))
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise NmcuError(f"{folder} holds no compact checkpoint: {_first_line(error)}") from error


def _masks(model: nn.Module) -> list[tuple[str, masks.NMMask]]:
    found = ((n, masks.of(m)) for n, m in model.named_modules() if parametrize.is_parametrized(m, "weight"))
    return [(n, m) for n, m in found if m is not None]


def _plain(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights in `state` under the names they have without parametrisations; no masks."""
    return {_plain_name(n): v for n, v in state.items() if not _is_mask(n)}


def _plain_name(name: str) -> str:
    return name.replace(".parametrizations.weight.original", ".weight")


def _is_mask(name: str) -> bool:
    return name.endswith((".mask", "_extra_state"))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _to_bytes(state: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    return buffer.getvalue()


def _from_bytes(data: bytes) -> dict[str, Any]:
    return cast(dict[str, Any], torch.load(io.BytesIO(data), map_location="cpu", weights_only=True))
