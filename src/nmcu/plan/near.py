"""What stays in compute memory between layers, and what comes there while the layer before still computes.

On machines that stage operands, a layer by itself begins by waiting for its constants and its first operands, and ends
by waiting until its result is in working memory. A map that only layers read which know how (`Kernel.near`) need not
leave compute memory where it fits beside what they need; and the constants and the descriptor of a layer come earlier
where their place is free while the layer before runs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from nmcu.graph import Layer, TensorInfo
from nmcu.kernels import Candidate, Kernel, Machine, Packed
from nmcu.kernels.common.layer import LAYER_BYTES
from nmcu.kernels.kernel import CONSTANTS, INPUTS, OUTPUT, align
from nmcu.kernels.packed import ALIGNMENT
from nmcu.plan.lifetime import Lifetime, first_fit
from nmcu.plan.plan import COPY, Buffer

TIGHTER = (1, 0.95, 0.9, 0.8, 0.7)
"""Shares of the compute memory that are planned with: what fits at every step may not find places without gaps."""

PASSES = 2
"""Times that maps and constants are looked at: a map may pay to keep once its layer's constants come early."""


@dataclass(frozen=True)
class Work:
    """A layer that runs as a whole: by which kernel, how that is tiled by itself, and its constants."""

    layer: Layer
    kernel: Kernel
    candidate: Candidate
    constants: Mapping[str, Packed]

    @property
    def early(self) -> Mapping[str, int]:
        """Bytes that may come before the layer begins, by name."""
        return {COPY: LAYER_BYTES} | {name: packed.size for name, packed in self.constants.items()}

    @property
    def may_come_early(self) -> bool:
        aligned = all(packed.alignment <= ALIGNMENT for packed in self.constants.values())
        return self.kernel.near and COPY in self.candidate.l1 and aligned


@dataclass(frozen=True)
class NearLayer:
    """How a layer runs: `near` is what of it lies in compute memory (`Machine.near`), `l1` are its buffers there, and
    `ahead` the places of its constants that come before it begins; `COPY` is that of its descriptor."""

    candidate: Candidate
    near: frozenset[str]
    l1: Mapping[str, Buffer]
    ahead: Mapping[str, Buffer] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Near:
    """Layers by name, and the places of the maps that stay; `bytes` of compute memory with the room around them."""

    layers: Mapping[str, NearLayer]
    tensors: Mapping[str, Buffer]
    bytes: int


NOTHING = Near(MappingProxyType({}), MappingProxyType({}), 0)


def keep_near(
    steps: Sequence[Work | None],
    maps: Iterable[str],
    root_of: Callable[[TensorInfo], str],
    machine: Machine,
    *,
    constants: bool,
) -> Near:
    """What stays and what comes early, as predicted to be fastest: map by map and layer by layer in their order.

    `steps` are all that runs, None for what runs in parts or rows. `maps` are the tensors that may stay, whole blocks
    of memory that `root_of` finds for what lies in them; `constants` whether these may come early.
    """
    for share in TIGHTER:
        search = _Search(
            steps, root_of, replace(machine, buffer_bytes=int(machine.l1_bytes * share) // 16 * 16)
        )
        for _ in range(PASSES if constants else 1):
            for name in maps:
                search.keep(name)
            for step in range(1, len(steps)) if constants else ():
                search.bring_early(step)
        found = search.placed(machine.l1_bytes)
        if found is not None:
            return found
    return NOTHING


@dataclass(frozen=True)
class _Map:
    bytes: int
    first: int
    last: int
    room: tuple[int, int]

    @property
    def size(self) -> int:
        return align(self.room[0]) + align(self.bytes + self.room[1])


class _Search:
    """What was decided so far: how each step runs, which maps stay, which steps' constants come early."""

    def __init__(
        self, steps: Sequence[Work | None], root_of: Callable[[TensorInfo], str], machine: Machine
    ) -> None:
        self.steps, self.root_of, self.machine = steps, root_of, machine
        self.found = {i: step.candidate for i, step in enumerate(steps) if step is not None}
        self.near: dict[int, frozenset[str]] = {i: frozenset() for i in self.found}
        self.maps: dict[str, _Map] = {}
        self.early: set[int] = set()
        self.waits = dict.fromkeys(self.found, 0)
        """Cycles that steps wait for what comes early: for their own constants, or behind those of the next step."""
        self._users: dict[str, dict[int, frozenset[str]]] = {}
        self._tensors: dict[str, TensorInfo] = {}
        for i, step in enumerate(steps):
            for operand, tensor in _operands(step.layer) if step else ():
                users = self._users.setdefault(root_of(tensor), {})
                users[i] = users.get(i, frozenset()) | {operand}
                self._tensors.setdefault(root_of(tensor), tensor)

    def keep(self, name: str) -> None:
        """Let a map stay where all that use it can, and where it pays."""
        users = self._users.get(name, {}) if name not in self.maps else {}
        if not users or not all(self.steps[i].kernel.near for i in users):  # type: ignore[union-attr]
            return
        first, last = min(users), max(users)
        writes = [i for i, operands in users.items() if OUTPUT in operands]
        if writes != [first] or any(self.steps[i] is None for i in range(first, last + 1)):
            return
        size = self._tensors[name].bytes
        if any(self._taken(i) + size > self.machine.l1_bytes for i in range(first, last + 1)):
            return
        changed = {}
        for i in range(first, last + 1):
            near = self.near[i] | users.get(i, frozenset())
            made = self._best(i, near, align(size))
            if made is None:
                return
            changed[i] = made
        rooms = [changed[i].room for i in users]
        stays = _Map(size, first, last, (max(r[0] for r in rooms), max(r[1] for r in rooms)))
        if any(self._taken(i) + stays.size + c.l1_bytes > self.machine.l1_bytes for i, c in changed.items()):
            return
        if sum(c.cycles for c in changed.values()) >= sum(self.found[i].cycles for i in changed):
            return
        self.found |= changed
        self.maps[name] = stays
        for i, operands in users.items():
            self.near[i] |= operands

    def bring_early(self, i: int) -> None:
        """Let the constants of a step come while the one before runs, where both leave room for them and it pays."""
        before, step = self.steps[i - 1], self.steps[i]
        if before is None or step is None or not step.may_come_early or i in self.early:
            return
        size = self._early_bytes(i)
        near = self.near[i] | {CONSTANTS}
        now = self._best(i, near, size - LAYER_BYTES)
        if now is None:
            return
        early = self.found[i - 1]
        if self._taken(i - 1) + size + early.l1_bytes > self.machine.l1_bytes:
            smaller = self._best(i - 1, self.near[i - 1], size) if before.kernel.near else None
            if smaller is None:
                return
            early = smaller
        transfers = sum(map(self.machine.dma_cycles, step.early.values()))
        begins = {CONSTANTS, *(o for o, _ in _operands(before.layer) if o in INPUTS)}
        waits, held_up = max(0, transfers - early.compute_cycles), 0
        if not begins <= self.near[i - 1]:  # these come first, and hold up what the step before begins with
            waits, held_up = 0, transfers
        cycles = now.cycles + waits + early.cycles + held_up
        if cycles >= self.found[i].cycles + self.found[i - 1].cycles:
            return
        self.found[i], self.found[i - 1] = now, early
        self.waits[i] += waits
        self.waits[i - 1] += held_up
        self.near[i] = near
        self.early.add(i)

    def _best(self, i: int, near: frozenset[str], beside: int) -> Candidate | None:
        """The best way to run a step so, with `beside` bytes less than there are now."""
        step = self.steps[i]
        assert step is not None
        left = self.machine.l1_bytes - self._taken(i) - beside
        if not step.kernel.near:
            return self.found[i] if self.found[i].l1_bytes <= left else None
        if left <= 0:
            return None
        made = step.kernel.predicted(step.layer, replace(self.machine, near=near, buffer_bytes=left))
        return next((c for c in made if c.l1_bytes <= left), None)

    def _taken(self, i: int) -> int:
        """Bytes that are taken while a step runs, beside its buffers."""
        maps = sum(m.size for m in self.maps.values() if m.first <= i <= m.last)
        early = sum(self._early_bytes(j) for j in (i, i + 1) if j in self.early)
        return maps + early - LAYER_BYTES * (i in self.early)  # its descriptor's place is one of its buffers

    def _early_bytes(self, i: int) -> int:
        step = self.steps[i]
        assert step is not None
        return sum(map(align, step.early.values()))

    def _buffers(self, i: int) -> dict[str, int]:
        """Sizes of a step's buffers but for that which is filled early."""
        return {n: size for n, size in self.found[i].l1.items() if n != COPY or i not in self.early}

    def placed(self, most_bytes: int) -> Near | None:
        """Places for all this within `most_bytes`, or None."""
        blocks = [Lifetime(f"map {name}", m.size, m.first, m.last) for name, m in self.maps.items()]
        blocks += [Lifetime(f"early {i}", self._early_bytes(i), i - 1, i) for i in self.early]
        for i in self.found:
            blocks.append(Lifetime(f"buffers {i}", sum(map(align, self._buffers(i).values())), i, i))
        places = first_fit(blocks)
        if any(place.end > most_bytes for place in places.values()):
            return None
        layers = {}
        for i, candidate in self.found.items():
            step = self.steps[i]
            assert step is not None
            early = places[f"early {i}"].offset if i in self.early else 0
            ahead = _behind_each_other(step.early if i in self.early else {}, early)
            l1 = _behind_each_other(self._buffers(i), places[f"buffers {i}"].offset)
            if ahead:
                l1[COPY] = ahead[COPY]
            candidate = replace(candidate, cycles=candidate.cycles + self.waits[i])
            layers[step.layer.name] = NearLayer(
                candidate, self.near[i], MappingProxyType(l1), MappingProxyType(ahead)
            )
        tensors = {
            name: Buffer(places[f"map {name}"].offset + align(m.room[0]), m.bytes)
            for name, m in self.maps.items()
        }
        end = max((place.end for place in places.values()), default=0)
        return Near(MappingProxyType(layers), MappingProxyType(tensors), end)


def _behind_each_other(sizes: Mapping[str, int], offset: int) -> dict[str, Buffer]:
    found = {}
    for name, size in sizes.items():
        found[name] = Buffer(offset, size)
        offset += align(size)
    return found


def _operands(layer: Layer) -> list[tuple[str, TensorInfo]]:
    """What a layer reads and writes, by the names that `Machine.near` has for it; others by names of no kernel's."""
    names = [*INPUTS, *(f"input{i}" for i in range(len(INPUTS), len(layer.inputs)))]
    outputs = [(OUTPUT if i == 0 else f"output{i}", y) for i, y in enumerate(layer.outputs)]
    return [*zip(names, layer.inputs, strict=False), *outputs]
