"""Where weights may be non-zero, whatever makes it so: what every packed format is made from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.sparsity import blocks
from nmcu.sparsity.pattern import NMPattern


@dataclass(frozen=True, eq=False)
class Slots:
    """The slots of a support in the order of their groups, taps and positions.

    `tap` counts through all taps of all groups, `position` from the tap's start; both (slots,). A slot that is not
    `used` is one that its block does not need: it stands at the block's last used position (or first one).
    """

    tap: NDArray[np.int64]
    position: NDArray[np.int64]
    used: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Support:
    """Which positions of every group of `group` consecutive output channels may be non-zero.

    `nonzero` (Cout, taps, Cin) says where weights are. Blocks of `block` consecutive positions inside one tap have as
    many entries in a packed format as `slots` says, which broadcasts to (groups, taps, blocks). `pattern` is set where
    all have as many because an N:M pattern holds.
    """

    nonzero: NDArray[np.bool_]
    group: int
    block: int
    slots: NDArray[Any]
    pattern: NMPattern | None = None

    @property
    def name(self) -> str:
        """As users see it: the pattern, or what there is instead of one."""
        if self.pattern is not None:
            return str(self.pattern)
        return "unstructured" if self.block == 1 else f"N:{self.block} per channel"

    @property
    def groups(self) -> int:
        return -(-len(self.nonzero) // self.group)

    @property
    def taps(self) -> int:
        return int(self.nonzero.shape[1])

    @cached_property
    def used(self) -> NDArray[np.bool_]:
        """(groups, taps, Cin): where any channel of the group has a weight."""
        return _union(self.nonzero, self.group)

    @property
    def share(self) -> float:
        """Of all positions of all groups, the share that is used."""
        return float(np.count_nonzero(self.used)) / self.used.size

    def entries(self) -> Slots:
        """All slots in order."""
        if self.block == 1:
            tap, position = np.nonzero(self.used.reshape(self.groups * self.taps, -1))
            return Slots(tap, position, np.ones(tap.shape, np.bool_))
        view = blocks.split(self.used, self.block, 1)[:, 0]
        count = view.sum(axis=-1)[..., None]
        slots: NDArray[Any] = np.broadcast_to(self.slots, view.shape[:-1])[..., None]
        slot = np.arange(int(slots.max(initial=1)))
        first = np.argsort(~view, axis=-1, kind="stable")[..., : slot.size]
        last = np.take_along_axis(first, np.maximum(count - 1, 0), axis=-1)
        position = np.where(slot < count, first, np.where(count > 0, last, 0))
        position = position + np.arange(view.shape[2])[:, None] * self.block
        taps = np.arange(self.groups * self.taps).reshape(self.groups, self.taps, 1, 1)
        wanted = slot < slots
        return Slots(np.broadcast_to(taps, wanted.shape)[wanted], position[wanted], (slot < count)[wanted])

    def values(self, weight: NDArray[Any], slots: Slots) -> NDArray[np.int8]:
        """(slots, group): what the channels of a slot's group have there in int8 `weight` (Cout, taps..., Cin)."""
        flat: NDArray[Any] = weight.reshape(len(weight), self.taps, -1)
        padded = np.pad(flat, ((0, -flat.shape[0] % self.group), (0, 0), (0, 0)))
        grouped: NDArray[Any] = padded.reshape(self.groups, self.group, self.taps, -1)
        found = grouped[slots.tap // self.taps, :, slots.tap % self.taps, slots.position]
        return (found * slots.used[:, None]).astype(np.int8)

    def in_groups(self, group: int) -> "Support":
        """The same weights in groups of `group` channels: finer groups, or any where weights are unstructured."""
        if group not in self._regrouped:
            self._regrouped[group] = self._of_groups(group)
        return self._regrouped[group]

    @cached_property
    def counted(self) -> dict[tuple[int, int, int], int]:
        """What a format has counted in it once, by what it depends on: it is asked again for every tiling."""
        return {}

    @cached_property
    def _regrouped(self) -> dict[int, "Support"]:
        return {self.group: self}

    def _of_groups(self, group: int) -> "Support":
        if self.block == 1:
            return unstructured(self.nonzero, group)
        if self.group % group:
            raise NmcuError(f"pattern {self.name} is not one of groups of {group} channels")
        slots = np.repeat(self.slots, self.group // group, axis=0) if len(self.slots) > 1 else self.slots
        pattern = self.pattern and NMPattern(self.pattern.n, self.pattern.m, group)
        return Support(self.nonzero, group, self.block, slots[: -(-len(self.nonzero) // group)], pattern)


def of_pattern(weight: NDArray[Any], pattern: NMPattern) -> Support:
    """N slots for every block of `weight` (Cout, taps..., Cin); raises `NmcuError` where `pattern` does not hold."""
    nonzero = _nonzero(weight)
    count = blocks.split(_union(nonzero, pattern.group), pattern.m, 1)[:, 0].sum(axis=-1)
    if count.max() > pattern.n:
        group, tap, block = (int(i) for i in np.argwhere(count > pattern.n)[0])
        raise NmcuError(
            f"weights are not {pattern}: channel {group * pattern.group}, tap {tap}, block {block} has "
            f"{int(count[group, tap, block])} positions with non-zeros"
        )
    return Support(nonzero, pattern.group, pattern.m, np.full((1, 1, 1), pattern.n), pattern)


def per_channel(weight: NDArray[Any], m: int, group: int = 1) -> Support:
    """N:M with the smallest N of its own for every group of output channels of `weight` (Cout, taps..., Cin)."""
    nonzero = _nonzero(weight)
    count = blocks.split(_union(nonzero, group), m, 1)[:, 0].sum(axis=-1)
    return Support(nonzero, group, m, np.maximum(count.max(axis=(1, 2), keepdims=True), 1))


def unstructured(weight: NDArray[Any], group: int = 1) -> Support:
    """A slot for every position of `weight` (Cout, taps..., Cin) that any channel of its group uses, and no others."""
    nonzero = _nonzero(weight)
    return Support(nonzero, group, 1, _union(nonzero, group))


def natural(weight: NDArray[Any], pattern: NMPattern | None) -> Support:
    """Of `pattern`, which holds, or unstructured where it holds by chance.

    Of a pattern that weights were pruned to, all slots of some channel are in use, or nearly: what 6:16 is not on
    weights that were pruned to 3:12, nor where one in ten is not zero. 1:M is no chance.
    """
    if pattern is None:
        return unstructured(weight)
    found = of_pattern(weight, pattern)
    cin = weight.shape[-1]
    last = cin % pattern.m or pattern.m  # positions in the last block of a tap
    slots = found.taps * ((-(-cin // pattern.m) - 1) * pattern.n + min(pattern.n, last))
    in_use = int(np.count_nonzero(found.used, axis=(1, 2)).max())
    return found if pattern.n == 1 or in_use >= SLOTS_IN_USE * slots else unstructured(weight)


SLOTS_IN_USE = 0.9
"""Of a pattern that weights were pruned to, in the fullest channel; the rest became zero when they were quantised."""


def _nonzero(weight: NDArray[Any]) -> NDArray[np.bool_]:
    flat: NDArray[Any] = weight.reshape(weight.shape[0], -1, weight.shape[-1])
    nonzero: NDArray[np.bool_] = flat != 0
    return nonzero


def _union(nonzero: NDArray[np.bool_], group: int) -> NDArray[np.bool_]:
    if group == 1:
        return nonzero
    padded = np.pad(nonzero, ((0, -nonzero.shape[0] % group), (0, 0), (0, 0)))
    union: NDArray[np.bool_] = np.logical_or.reduce(padded.reshape(-1, group, *nonzero.shape[1:]), axis=1)
    return union
