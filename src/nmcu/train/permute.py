"""Channels in an order in which N:M pruning keeps more: free at run time, since the network stays the same function.

Pool and Yu, *Channel permutations for N:M sparsity*, NeurIPS 2021, reorder input channels, so that large weights
spread over the blocks. Here a set of channels that must agree (`nmcu.train.channels`) is reordered at once: as inputs
of the layers that read it, where blocks of M are cut, and as outputs of those that write it, whose groups share
positions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from nmcu.errors import NmcuError
from nmcu.sparsity import NMPattern
from nmcu.train import channels, given, masks
from nmcu.train.layers import by_glob, first, named

ROWS = 4096
"""Rows of weights that a search looks at; of larger layers it takes every n-th."""
ROUNDS = 2
SWEEPS = 200
CHUNK = 1 << 24
"""Values in one step of the search, which bounds its memory."""
LEAST = 1e-6
"""Gain of a swap, as a share of what is kept, below which a search ends."""


@dataclass(frozen=True)
class Kept:
    """How much of the magnitude of each layer's weights its pattern keeps, 0 to 1, by name: before and after."""

    before: Mapping[str, float]
    after: Mapping[str, float]

    def __str__(self) -> str:
        rows = (
            f"{name}: {100 * self.before[name]:.1f} % to {100 * share:.1f} %"
            for name, share in self.after.items()
        )
        return "\n".join(rows)


@torch.no_grad()
def permute(
    model: nn.Module,
    sample: Tensor,
    pattern: str | NMPattern | Mapping[str, str | NMPattern],
    *,
    skip: str | Sequence[str] = (),
) -> Kept:
    """Reorder channels of `model` in place so that `pattern` keeps more of the magnitude of its weights.

    `pattern` and `skip` are those of `sparsify`, which comes after; `sample` is one batch of inputs. The model gives
    the same results (sums in another order: to the rounding of float32), so weights trained densely are the place to
    start from. Optimisers made before hold momentum in the old order: make them anew.

    Raises `NmcuError` where the model is pruned already or cannot be traced.
    """
    given.check_plain(model)
    if any(masks.of(module) is not None for module in model.modules()):
        raise NmcuError("the model is sparsified already: permute its channels before")
    wanted = by_glob(pattern)
    skip = [skip] if isinstance(skip, str) else skip
    patterns = dict(_patterns(model, wanted, skip))
    before = _shares(model, patterns)
    sets = channels.free(model, sample)
    for _ in range(ROUNDS):
        moved = [_improve(model, each, patterns) for each in sets]
        if not any(moved):
            break
    return Kept(before, _shares(model, patterns))


def _patterns(
    model: nn.Module, wanted: Mapping[str, NMPattern], skip: Sequence[str]
) -> Iterator[tuple[str, NMPattern]]:
    for name, layer in model.named_modules():
        if not isinstance(layer, masks.PRUNABLE) or named(skip, name):
            continue
        found = first(wanted, name)
        if found is not None and layer.weight.shape[1] >= found.m:
            yield name, found


def _shares(model: nn.Module, patterns: Mapping[str, NMPattern]) -> dict[str, float]:
    shares = {}
    for name, pattern in patterns.items():
        weight = cast(Tensor, model.get_submodule(name).weight).abs()
        shares[name] = float((weight * masks.compute(weight, pattern)).sum() / weight.sum().clamp_min(1e-30))
    return shares


def _improve(model: nn.Module, each: channels.Channels, patterns: Mapping[str, NMPattern]) -> bool:
    """Reorders one set of channels; whether that changed anything."""
    terms: list[_Term] = []
    for name in each.takers:
        if name in patterns:
            terms.append(_Blocks(_magnitudes(model, name), patterns[name]))
    for name in each.makers:
        if name in patterns and patterns[name].group > 1:
            terms.append(_Groups(_magnitudes(model, name), patterns[name]))
    if not terms:
        return False
    order = torch.arange(each.count)
    least = LEAST * sum(term.kept() for term in terms)
    for _ in range(SWEEPS):
        gain = cast(Tensor, sum(term.gains() for term in terms))
        swaps = list(_apart(gain, least, terms))
        if not swaps:
            break
        for a, b in swaps:
            order[[a, b]] = order[[b, a]]
        for term in terms:
            term.swap(swaps)
    if torch.equal(order, torch.arange(each.count)):
        return False
    _reorder(model, each, order)
    return True


def _apart(gain: Tensor, least: float, terms: Sequence["_Term"]) -> Iterator[tuple[int, int]]:
    """The best swaps that touch no block and no group twice, so that their gains add up."""
    count = gain.shape[0]
    taken = [set[int]() for _ in terms]
    pairs = (gain.triu(1) > least).nonzero()
    for a, b in pairs[gain[pairs[:, 0], pairs[:, 1]].argsort(descending=True)][: 16 * count].tolist():
        touched = [{a // term.size, b // term.size} for term in terms]
        if all(not (new & old) for new, old in zip(touched, taken, strict=True)):
            for new, old in zip(touched, taken, strict=True):
                old |= new
            yield a, b


class _Term:
    """What one layer keeps, as a function of the order of the channels."""

    size: int
    """Channels `size * k` to `size * (k + 1)` belong together."""

    def __init__(self, weight: Tensor, pattern: NMPattern) -> None:
        self.weight = weight
        self.pattern = pattern

    def kept(self) -> float:
        """Magnitude that the pattern keeps."""
        raise NotImplementedError

    def gains(self) -> Tensor:
        """(channels, channels): what swapping two channels adds to `kept`."""
        raise NotImplementedError

    def swap(self, swaps: Sequence[tuple[int, int]]) -> None:
        """Make the swaps."""
        raise NotImplementedError


class _Blocks(_Term):
    """Input channels: (rows, channels) magnitudes, summed over a group of outputs; blocks of M along the channels."""

    def __init__(self, weight: Tensor, pattern: NMPattern) -> None:
        joint = masks.to_blocks(weight, pattern).sum(1).flatten(0, 1).flatten(1)
        super().__init__(joint[:: -(-len(joint) // ROWS)], pattern)
        self.size = pattern.m
        self._count = weight.shape[1]

    def kept(self) -> float:
        return float(self._blocks().topk(self.pattern.n, dim=-1).values.sum())

    def gains(self) -> Tensor:
        n, m, blocks = self.pattern.n, self.pattern.m, self._blocks()
        best = blocks.topk(n + 1, dim=-1)
        top = best.values[..., :n].sum(-1, keepdim=True)
        # without a channel: the n - 1 largest of the others, and the one after them, which a newcomer must beat
        inside = torch.zeros_like(blocks, dtype=torch.bool).scatter_(-1, best.indices[..., :n], True)
        last, after = best.values[..., n - 1 : n], best.values[..., n:]
        rest = torch.where(inside, top - blocks, top - last).flatten(1)[:, : self._count]
        bar = torch.where(inside, after, last).flatten(1)[:, : self._count]
        weight = self.weight[:, : self._count]
        new = (
            torch.stack([torch.maximum(b[:, None], weight).sum(0) for b in bar.unbind(1)])
            + rest.sum(0)[:, None]
        )
        now = top.squeeze(-1).sum(0).repeat_interleave(m)[: self._count]
        gain = new + new.T - now[:, None] - now
        return gain.masked_fill_(_together(self._count, m), 0)

    def swap(self, swaps: Sequence[tuple[int, int]]) -> None:
        for a, b in swaps:
            self.weight[:, [a, b]] = self.weight[:, [b, a]]

    def _blocks(self) -> Tensor:
        return self.weight.reshape(len(self.weight), -1, self.pattern.m)


class _Groups(_Term):
    """Output channels: (channels, rows, M) magnitudes; groups of channels share their positions."""

    def __init__(self, weight: Tensor, pattern: NMPattern) -> None:
        blocks = masks.to_blocks(weight, pattern).flatten(0, 1).flatten(1, 2)[: weight.shape[0]]
        super().__init__(blocks[:, :: -(-blocks.shape[1] * len(blocks) // (ROWS * 16))].clone(), pattern)
        self.size = pattern.group

    def kept(self) -> float:
        return float(self._best(self._joint()).sum())

    def gains(self) -> Tensor:
        count, joint = len(self.weight), self._joint()
        of = torch.arange(count) // self.size
        now = self._best(joint)
        new = torch.empty(count, count)
        step = max(1, CHUNK // self.weight.numel())
        for a in range(0, count, step):
            without = joint[of[a : a + step]] - self.weight[a : a + step]
            new[a : a + step] = self._best(without[:, None] + self.weight[None])
        gain = new + new.T - now[of][:, None] - now[of]
        return gain.masked_fill_(_together(count, self.size), 0)

    def swap(self, swaps: Sequence[tuple[int, int]]) -> None:
        for a, b in swaps:
            self.weight[[a, b]] = self.weight[[b, a]]

    def _joint(self) -> Tensor:
        rows = self.weight.flatten(1)
        padded = nn.functional.pad(rows, (0, 0, 0, -len(rows) % self.size))
        return padded.reshape(-1, self.size, *self.weight.shape[1:]).sum(1)

    def _best(self, joint: Tensor) -> Tensor:
        """The magnitude that each of (..., rows, M) keeps."""
        if self.pattern.n == 1:
            return joint.amax(-1).sum(-1)
        return joint.topk(self.pattern.n, dim=-1).values.sum((-1, -2))


def _together(count: int, size: int) -> Tensor:
    of = torch.arange(count) // size
    return of[:, None] == of


def _magnitudes(model: nn.Module, name: str) -> Tensor:
    return cast(Tensor, model.get_submodule(name).weight).abs().cpu().clone()


def _reorder(model: nn.Module, each: channels.Channels, order: Tensor) -> None:
    for name in each.takers:
        _index(cast(Tensor, model.get_submodule(name).weight), 1, order)
    for name in (*each.makers, *each.scales):
        module = model.get_submodule(name)
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
            if tensor.ndim:
                _index(tensor, 0, order)


def _index(tensor: Tensor, axis: int, order: Tensor) -> None:
    tensor.copy_(tensor.index_select(axis, order.to(tensor.device)))
