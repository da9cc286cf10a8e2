"""N:M pruning during training: one call to start, one call per step, plain PyTorch at the end."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.nn.utils import parametrize

from nmcu.errors import NmcuError, NoGainWarning
from nmcu.sparsity import NMPattern
from nmcu.train import given, masks
from nmcu.train.gain import sentence_of_no_gain
from nmcu.train.layers import NOTHING, first, named, prunable
from nmcu.train.masks import NMMask
from nmcu.train.ranges import is_quantised

Stages = str | NMPattern | Sequence[tuple[int, str | NMPattern]]
"""One pattern, or a gradual schedule: (first step, pattern) pairs in rising order, `dense` for no pruning yet."""


def sparsify(
    model: nn.Module,
    pattern: Stages | Mapping[str, Stages],
    *,
    skip: str | Sequence[str] = (),
    decay: float = 2e-4,
    interval: int = 1,
    fade: int = 0,
    channels: Mapping[str, int] | None = None,
    target: str = "cluster8",
    isa: str | None = None,
) -> "Sparsifier":
    """Prune the Conv and Linear weights of `model` to N:M while it trains; the optimiser may exist already.

    `pattern` is one for all layers, or {glob of module names: pattern}, the first match winning; a gradual schedule
    is a list like `[(0, "1:4"), (2000, "1:8"), (4000, "1:16")]` in steps. `skip` are globs of layers to leave
    dense; so are layers with fewer input channels per group than one block. `decay` is SR-STE's; masks are
    recomputed from the dense weights every `interval` steps. With `fade`, pruned weights do not vanish at once: for
    that many steps they are multiplied by a factor that falls from 1 to 0, as a cube; the pattern holds from then on.
    `channels` gives, by glob, the number of channels of the map that is flattened before a linear layer: its blocks
    then run in NHWC order, as on the device.

    Raises `NmcuError` for an unknown pattern, a glob that matches nothing, or a model without a layer to prune. Warns
    (`nmcu.errors.NoGainWarning`) of patterns that are predicted to gain no speed on `target` with the instruction set
    `isa` (default: what the target names); the layers' maps are taken to be 8x8.
    """
    given.check_plain(model)
    if any(is_quantised(module) for module in model.modules()):
        raise NmcuError("the model is quantised already: sparsify it before you quantise it")
    wanted: Mapping[str, Stages] = pattern if isinstance(pattern, Mapping) else {"*": pattern}
    skip = [skip] if isinstance(skip, str) else skip
    _check_options(wanted, skip, channels, decay, interval, fade)
    schedules = {glob: _stages(stages) for glob, stages in wanted.items()}
    layers = prunable(model, (*wanted, *skip, *(channels or {})))
    chosen: dict[str, list[tuple[int, NMPattern | None]]] = {}
    for name, layer in layers.items():
        stages = first(schedules, name)
        if stages is None or named(skip, name):
            continue
        if masks.of(layer) is not None:
            raise NmcuError(f"layer {name!r} is sparsified already: call finish() on its Sparsifier first")
        smallest = max(p.m for _, p in stages if p is not None)
        if layer.weight.shape[1] >= smallest:
            _check_forward(name, layer)
            chosen[name] = stages
    if not chosen:
        raise NmcuError(NOTHING)

    last = {name: stages[-1][1] for name, stages in chosen.items()}
    slow = sentence_of_no_gain({n: p for n, p in last.items() if p is not None}, layers, target, isa)
    for name, stages in chosen.items():
        layer = layers[name]
        flat = first(channels or {}, name)
        if flat is not None and (not isinstance(layer, nn.Linear) or layer.in_features % flat):
            raise NmcuError(
                f"channels={flat} does not fit layer {name!r}: a Linear with a multiple of it is needed"
            )
        mask = NMMask(layer.weight, _at(stages, 0), decay=decay, channels=flat)
        parametrize.register_parametrization(layer, "weight", mask)
    if slow is not None:
        warnings.warn(slow, NoGainWarning, stacklevel=2)
    return Sparsifier(model, chosen, interval, fade)


def _check_forward(name: str, layer: nn.Module) -> None:
    """Raise `NmcuError` for a subclass that may compute with something else than its weight (standardised, for one)."""
    plain = next(kind for kind in masks.PRUNABLE if isinstance(layer, kind))
    if any(
        getattr(type(layer), name, None) is not getattr(plain, name, None)
        for name in ("forward", "_conv_forward")
    ):
        raise NmcuError(
            f"layer {name!r} is a {type(layer).__name__} with a forward of its own, which may not use the weight as it "
            f"is pruned: skip it, or take a plain {plain.__name__} and torch.nn.utils.parametrize"
        )


def verify(model: nn.Module) -> None:
    """Raise `NmcuError` naming layer, block and pattern where an effective weight breaks its pattern."""
    for name, layer, mask in sparse_layers(model):
        check(name, cast(torch.Tensor, layer.weight), mask)


def check(name: str, weight: torch.Tensor, mask: NMMask) -> None:
    """Raise `NmcuError` where the `weight` of layer `name` breaks the pattern of `mask`."""
    if mask.pattern is None:
        return
    found = masks.first_violation(weight, mask.pattern, mask.channels)
    if found is not None:
        channel, tap, block = found
        raise NmcuError(
            f"layer {name!r} breaks its pattern {mask.pattern}: output channel {channel}, tap {tap}, block {block} has "
            f"more than {mask.pattern.n} positions in use; recompute the masks with Sparsifier.update()"
        )


def sparse_layers(model: nn.Module) -> Iterator[tuple[str, nn.Module, NMMask]]:
    """(name, layer, mask) of every sparsified layer."""
    for name, module in model.named_modules():
        mask = masks.of(module) if isinstance(module, masks.PRUNABLE) else None
        if mask is not None:
            yield name, module, mask


class Sparsifier:
    """Keeps the masks of a model up to date; made by `sparsify`."""

    def __init__(
        self,
        model: nn.Module,
        schedules: Mapping[str, Sequence[tuple[int, NMPattern | None]]],
        interval: int,
        fade: int = 0,
    ) -> None:
        self.model = model
        self.interval = interval
        self.fade = fade
        self._schedules = schedules
        self._move_to(0)

    def __repr__(self) -> str:
        return f"Sparsifier(step {self.steps}: {', '.join(f'{n} {p}' for n, p in self.patterns.items())})"

    @property
    def patterns(self) -> dict[str, str]:
        """The pattern in force for each layer, by name; `dense` where a schedule has not started yet."""
        return {name: str(mask.pattern or "dense") for name, _, mask in sparse_layers(self.model)}

    def step(self) -> None:
        """Call once after each `optimizer.step()`: advances the schedule and recomputes the masks when due."""
        changed = self._move_to(self.steps + 1)
        if changed or self.steps % self.interval == 0:
            self.update()

    def seek(self, steps: int) -> None:
        """Go to a position of the schedule and recompute the masks, to continue from weights alone."""
        self._move_to(steps)
        self.update()

    def _move_to(self, steps: int) -> bool:
        """Set the patterns of that position where masks are not frozen; whether one changed."""
        self.steps = steps
        changed = False
        fade = max(0.0, 1 - steps / self.fade) ** 3 if self.fade else 0.0
        for name, _, mask in sparse_layers(self.model):
            if mask.frozen:
                continue
            mask.fade = fade
            pattern = _at(self._schedules[name], steps)
            changed |= pattern != mask.pattern
            mask.pattern = pattern
        return changed

    @torch.no_grad()
    def update(self) -> None:
        """Recompute every mask that is not frozen from the dense weights."""
        for _, layer, mask in sparse_layers(self.model):
            mask.update(masks.dense_weight(layer))

    def freeze(self) -> None:
        """Fix the masks: from now on only the kept weights learn."""
        self.update()
        for _, _, mask in sparse_layers(self.model):
            mask.frozen = True

    def finish(self) -> nn.Module:
        """Make the weights plain parameters again, pruned ones zero, and return the model."""
        self.update()
        for _, _, mask in sparse_layers(self.model):
            mask.fade = 0.0
        verify(self.model)
        for _, layer, _ in list(sparse_layers(self.model)):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
        return self.model

    def state_dict(self) -> dict[str, Any]:
        """Schedule position and patterns; the masks themselves are in the model's `state_dict`."""
        return {"steps": self.steps, "patterns": self.patterns}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue at the schedule position of `state`; call it after the model's `load_state_dict`.

        Raises `NmcuError` where a layer's mask was lost or has another pattern than the checkpoint's.
        """
        for name, wanted in state["patterns"].items():
            found = self.patterns.get(name)
            if found != wanted:
                raise NmcuError(
                    f"layer {name!r} of the checkpoint has pattern {wanted}, the model {found or 'no mask'}: "
                    "load the model's state_dict first, into a model sparsified as it was saved"
                )
        self._move_to(int(state["steps"]))
        if not any(mask.fade for _, _, mask in sparse_layers(self.model)):
            verify(self.model)


def _check_options(
    wanted: Mapping[str, Stages],
    skip: Sequence[str],
    channels: Mapping[str, int] | None,
    decay: float,
    interval: int,
    fade: int,
) -> None:
    """Raise `NmcuError` for options of another type, and numbers that are not possible."""
    if not isinstance(channels, Mapping | None):
        raise NmcuError(f"channels={channels!r} is not possible: numbers by glob are needed, as {{'fc': 64}}")
    globs = (*wanted, *(skip if isinstance(skip, Sequence) else [skip]), *(channels or {}))
    wrong = next((glob for glob in globs if not isinstance(glob, str)), None)
    if wrong is not None or not isinstance(skip, Sequence):
        raise NmcuError(
            f"{skip if wrong is None else wrong!r} is no glob: layers are named by strings as 'stage1.*'"
        )
    if not isinstance(interval, int) or interval < 1:
        raise NmcuError(f"a mask interval of {interval} steps is not possible: at least 1 is needed")
    if not isinstance(fade, int) or fade < 0:
        raise NmcuError(f"a fade of {fade} steps is not possible: a whole number of 0 or more is needed")
    if not isinstance(decay, int | float) or not 0 <= decay < math.inf:
        raise NmcuError(f"a decay of {decay} is not possible: a number of 0 or more is needed")
    for glob, count in (channels or {}).items():
        if not isinstance(count, int) or count < 1:
            raise NmcuError(
                f"channels={count!r} of {glob!r} is not possible: a number of at least 1 is needed"
            )


def _stages(stages: Stages) -> list[tuple[int, NMPattern | None]]:
    pairs = [(0, stages)] if isinstance(stages, str | NMPattern) else stages
    possible = isinstance(pairs, Sequence) and all(_is_stage(pair) for pair in pairs)
    parsed = [(start, _pattern(p)) for start, p in pairs] if possible else []
    starts = [start for start, _ in parsed]
    if not parsed or starts != sorted(set(starts)) or all(p is None for _, p in parsed):
        raise NmcuError(
            f"{stages!r} is no pattern as '1:8', and no schedule: pairs (first step, pattern) in rising order"
        )
    return parsed


def _is_stage(pair: object) -> bool:
    return (
        isinstance(pair, Sequence)
        and len(pair) == 2
        and isinstance(pair[0], int)
        and isinstance(pair[1], str | NMPattern)
    )


def _pattern(pattern: str | NMPattern) -> NMPattern | None:
    if isinstance(pattern, NMPattern):
        return pattern
    return None if pattern == "dense" else NMPattern.parse(pattern)


def _at(stages: Sequence[tuple[int, NMPattern | None]], step: int) -> NMPattern | None:
    """The pattern in force at `step`."""
    return next((p for start, p in reversed(stages) if start <= step), None)
