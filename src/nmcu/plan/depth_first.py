"""Which layers run by rows, as chains, so that activations fit the working memory, and which tensors lie in bulk memory
meanwhile: those that it costs least."""

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nmcu.graph import Layer, TensorInfo
from nmcu.graph.rows import height
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import ALIGNMENT
from nmcu.plan.lifetime import Lifetime, lifetimes, used
from nmcu.plan.stripes import Chain, Pass, Room, chain, held_bytes, passes, rooms
from nmcu.targets import Link

LONGEST = 16
"""Layers of a chain."""
TRIED = 6
"""Tensors that are tried in bulk memory."""
PASSES = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128)
"""Numbers of passes that are tried, beside one for each row."""
STRIPE_CYCLES = 1500
"""What a layer's start and end take for each of its stripes."""


@dataclass(frozen=True)
class _Segment:
    """Layers `first` to `last` in `passes`, or one layer at once: bytes that it needs, cycles that it takes more than
    its layers one after the other do."""

    first: int
    last: int
    passes: tuple[Pass, ...] | None
    bytes: int
    cycles: float


class DepthFirst:
    """The search for one network. `cycles` gives a layer's predicted time, `engine` what reaches bulk
    memory, where there is one."""

    def __init__(
        self,
        layers: Sequence[Layer],
        outputs: Sequence[TensorInfo],
        aliases: Mapping[str, str],
        cycles: Callable[[Layer], int],
        engine: Link | None,
    ) -> None:
        self.layers, self.outputs, self.aliases = layers, outputs, aliases
        self._cycles, self.engine = cycles, engine
        self._away: frozenset[str] = frozenset()
        self._made: dict[tuple[int, int, frozenset[str]], tuple[list[_Segment], Iterator[_Segment]]] = {}

    def chains(self, most_bytes: int) -> tuple[Chain, ...] | None:
        """The chains with which no layer needs more than `most_bytes`, none where that is so without; None where there
        are no such chains.

        Tensors go to bulk memory, the one that makes the network fastest first, while that makes it faster.
        """
        chosen: frozenset[str] = frozenset()
        cycles, found = self._cheapest(most_bytes, chosen)
        while self.engine is not None and cycles > 0:
            tried = {
                name: self._cheapest(most_bytes, chosen | {name})
                for name in self._movable(most_bytes)
                if name not in chosen
            }
            name = min(tried, key=lambda name: (tried[name][0], name), default=None)
            if name is None or tried[name][0] >= cycles:
                break
            chosen |= {name}
            cycles, found = tried[name]
        return found

    def _movable(self, most_bytes: int) -> list[str]:
        """The largest tensors around layers that need too much, all of whose users may run by rows."""
        over = {
            number
            for number in range(len(self.layers))
            for segment in self._at_once(number, most_bytes)
            if segment.bytes > most_bytes or segment.cycles > 0
        }
        near = [
            b
            for b in self._blocks
            if self._last_use.get(b.name, math.inf) < math.inf
            and any(b.first <= number <= b.last for number in over)
            and all(
                height(layer.outputs[0].shape)
                for layer in self.layers
                if any(t.name == b.name for t in (*layer.inputs, *layer.outputs))
            )
        ]
        return [b.name for b in sorted(near, key=lambda b: (-b.bytes, b.name))[:TRIED]]

    def _cheapest(self, most_bytes: int, away: frozenset[str]) -> tuple[float, tuple[Chain, ...] | None]:
        """What it costs, and the chains, with the tensors `away` in bulk memory."""
        self._away = away
        best: list[tuple[float, _Segment | None]] = [(0.0, None)]
        for end in range(1, len(self.layers) + 1):
            found = (
                (best[s.first][0] + s.cycles, s)
                for s in self._segments(end - 1, most_bytes)
                if s.bytes <= most_bytes
            )
            best.append(min(found, key=lambda f: f[0], default=(math.inf, None)))
        if best[-1][0] == math.inf:
            return math.inf, None
        chosen: list[Chain] = []
        end = len(self.layers)
        while end:
            segment = best[end][1]
            assert segment is not None
            if segment.passes is not None:
                inside = self.layers[segment.first : segment.last + 1]
                whole = self._whole(segment.first, segment.last)
                chosen.append(
                    chain(
                        inside, segment.first, whole, segment.passes, self._outside(self._away, whole, inside)
                    )
                )
            end = segment.first
        return best[-1][0], tuple(reversed(chosen))

    def least(self, too_few_bytes: int) -> tuple[Layer, int]:
        """The layer with the largest maps, and about how many bytes would do where `too_few_bytes` do not."""
        self._away = frozenset()
        alone = [segment for number in range(len(self.layers)) for segment in self._at_once(number, 0)]
        worst = max(alone, key=lambda segment: segment.bytes)
        low, high = max(too_few_bytes, 0), worst.bytes
        while high - low > max(high // 50, ALIGNMENT):
            middle = (low + high) // 2
            if self.chains(middle) is None:
                low = middle
            else:
                high = middle
        return self.layers[worst.first], align(high)

    def _segments(self, last: int, most_bytes: int) -> Iterator[_Segment]:
        """What may end with layer `last`: the layer at once, and chains where one of their layers needs more."""
        yield from self._at_once(last, most_bytes)
        over = False
        for first in range(last, max(last - LONGEST, -1), -1):
            if not height(self.layers[first].outputs[0].shape):
                return
            alone = self._at_once(first, most_bytes)
            over = over or not alone or alone[0].bytes > most_bytes or alone[0].cycles > 0
            if over:
                yield from self._by_rows(first, last, most_bytes)

    def _at_once(self, number: int, most_bytes: int) -> tuple[_Segment, ...]:
        """The layer at once, unless one of its tensors is in bulk memory."""
        touched = self._used(number, number)
        if touched & self._away:
            return ()
        alive = [b for b in self._blocks if b.first <= number <= b.last and b.name not in self._away]
        needed = sum(align(b.bytes) for b in alive if b.name in touched)
        idle = [b for b in alive if b.name not in touched]
        return (self._with_idle(_Segment(number, number, None, needed, 0), idle, most_bytes),)

    def _by_rows(self, first: int, last: int, most_bytes: int) -> Iterator[_Segment]:
        """The chain of these layers in the fewest passes that fit, and the fewest that fit beside all that idles."""
        touched = self._used(first, last)
        idle = [
            b
            for b in self._blocks
            if b.first <= last and b.last >= first and b.name not in touched and b.name not in self._away
        ]
        beside = sum(align(b.bytes) for b in idle)
        for segment in self._striped(first, last, frozenset(self._away & touched)):
            if segment.bytes <= most_bytes:
                yield self._with_idle(segment, idle, most_bytes)
                if segment.bytes + beside <= most_bytes:
                    return

    def _striped(self, first: int, last: int, away: frozenset[str]) -> Iterator[_Segment]:
        """`_stripes`, each worked out once however often it is asked for."""
        made, more = self._made.setdefault((first, last, away), ([], self._stripes(first, last, away)))
        for index in itertools.count():
            if index == len(made):
                segment = next(more, None)
                if segment is None:
                    return
                made.append(segment)
            yield made[index]

    def _stripes(self, first: int, last: int, moved: frozenset[str]) -> Iterator[_Segment]:
        """The chain of these layers in ever more passes, and what it needs itself, with the tensors `moved` in bulk
        memory where others use them, too."""
        inside = self.layers[first : last + 1]
        whole = self._whole(first, last)
        touched = self._used(first, last)
        partly = {layer.outputs[0].name for layer in inside} - whole
        if len(touched) < len(used(self.layers, range(first, last + 1), {})) or partly & self.aliases.keys():
            return  # one of its tensors takes another one's place
        away = self._outside(moved, whole, inside)
        if any(t.name in away & whole for layer in inside for t in layer.inputs):
            return  # rows that are in bulk memory already would have to come back
        mine = [b for b in self._blocks if b.name in touched and b.name not in away]
        held = [b for b in mine if b.name in partly]
        fixed = sum(align(b.bytes) for b in mine if b not in held)
        rows = height(inside[-1].outputs[0].shape)
        for size in sorted({-(-rows // count) for count in PASSES if count <= rows} | {1}, reverse=True):
            plan = passes(inside, whole, size)
            rows_away = None if plan is None else rooms(inside, first, away, plan)
            if plan is None or rows_away is None:
                continue
            sizes = held_bytes(inside, whole, plan)
            most = max(
                sum(align(sizes[b.name]) for b in held if b.first <= step <= b.last)
                + sum(align(r.bytes) for r in rows_away.values() if r.first <= step <= r.last)
                for step in range(first, last + 1)
            )
            cycles = self._extra_cycles(first, plan) + self._moved_cycles(rows_away.values(), len(plan))
            yield _Segment(first, last, plan, fixed + most, cycles)

    def _with_idle(self, segment: _Segment, idle: Sequence[Lifetime], most_bytes: int) -> _Segment:
        """`segment` beside blocks that nothing in it uses; the largest wait in bulk memory, where there is one, until
        the others fit."""
        needed, cycles = segment.bytes, segment.cycles
        for block in sorted(idle, key=lambda b: b.bytes):
            size = align(block.bytes)
            if self.engine is not None and needed + size > most_bytes:
                cycles += 2 * (self.engine.latency_cycles + size / self.engine.bytes_per_cycle)
            else:
                needed += size
        return _Segment(segment.first, segment.last, segment.passes, needed, cycles)

    def _extra_cycles(self, first: int, plan: Sequence[Pass]) -> float:
        """Cycles of rows that are computed more than once, and of starting layers more than once."""
        total = 0.0
        for number in plan[-1].keys() | plan[0].keys():
            layer = self.layers[first + number]
            rows = sum(p[number][1] - p[number][0] for p in plan if number in p)
            again = rows / height(layer.outputs[0].shape) - 1
            total += self._cycles(layer) * again + STRIPE_CYCLES * len(plan)
        return total

    def _moved_cycles(self, moved: Iterable[Room], count: int) -> float:
        """Of bringing as many rows as these `count` times; nothing runs meanwhile."""
        if self.engine is None:
            return 0
        each = (self.engine.latency_cycles + room.bytes / self.engine.bytes_per_cycle for room in moved)
        return count * sum(each)

    @staticmethod
    def _outside(away: Collection[str], whole: Collection[str], layers: Sequence[Layer]) -> set[str]:
        """Those of the tensors in bulk memory that these layers share with others."""
        made = {layer.outputs[0].name for layer in layers}
        return {name for name in away if name not in made or name in whole}

    @cached_property
    def _blocks(self) -> tuple[Lifetime, ...]:
        return lifetimes(self.layers, self.outputs, self.aliases)

    @cached_property
    def _last_use(self) -> dict[str, float]:
        """The last layer that reads each tensor; infinite for what the network returns or reads in another shape."""
        found: dict[str, float] = {}
        for number, layer in enumerate(self.layers):
            found |= {tensor.name: number for tensor in layer.inputs}
        shared = {*self.aliases, *self.aliases.values(), *(t.name for t in self.outputs)}
        return found | dict.fromkeys(shared, math.inf)

    def _whole(self, first: int, last: int) -> set[str]:
        """The results of these layers that others need, too, or nobody does."""
        names = {tensor.name for layer in self.layers[first : last + 1] for tensor in layer.outputs}
        return {name for name in names if not first < self._last_use.get(name, math.inf) <= last}

    def _used(self, first: int, last: int) -> set[str]:
        return used(self.layers, range(first, last + 1), self.aliases)
