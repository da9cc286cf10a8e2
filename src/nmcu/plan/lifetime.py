"""Which activations live when, and where they go: offsets in the L2 arena that minimise its size."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nmcu.graph import Layer, TensorInfo
from nmcu.kernels.kernel import align
from nmcu.plan.plan import Buffer
from nmcu.plan.stripes import Chain

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpSolver


@dataclass(frozen=True)
class Lifetime:
    """A block of `bytes` that is in use from step `first` to step `last`, both included, except in `gaps`: idle steps
    (from, to) in which its content waits in L3 and others may use its place."""

    name: str
    bytes: int
    first: int
    last: int
    gaps: tuple[tuple[int, int], ...] = ()

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The steps (from, to) in which the block holds its place."""
        starts = (self.first, *(end + 1 for _, end in self.gaps))
        ends = (*(start - 1 for start, _ in self.gaps), self.last)
        return tuple(zip(starts, ends, strict=True))


def lifetimes(
    layers: Sequence[Layer],
    outputs: Sequence[TensorInfo],
    aliases: Mapping[str, str],
    chains: Sequence[Chain] = (),
) -> tuple[Lifetime, ...]:
    """Lifetimes of the tensors that layers produce or need beside them, network outputs left out; a tensor that is an
    alias counts for the one it shares memory with. What layers of `chains` use lives until all of them are done, unless
    only the rows of a pass are held; of tensors in bulk memory there are these alone."""
    own = {aliases.get(t.name, t.name) for t in outputs}
    sizes = {t.name: t.bytes for layer in layers for t in (*layer.outputs, *layer.scratch)}
    found: dict[str, Lifetime] = {}
    for step, layer in enumerate(layers):
        for tensor in layer.tensors:
            root = aliases.get(tensor.name, tensor.name)
            if root in found:
                old = found[root]
                found[root] = Lifetime(root, max(old.bytes, tensor.bytes), old.first, step)
            elif tensor in (*layer.outputs, *layer.scratch) and root in sizes and root not in own:
                found[root] = Lifetime(root, sizes[root], step, step)
    for chain in chains:
        for root in used(layers, chain.numbers, aliases) & found.keys():
            block = found[root]
            if root in chain.held:
                found[root] = dataclasses.replace(block, bytes=chain.held[root])
            else:
                first, last = min(block.first, chain.first), max(block.last, chain.last)
                found[root] = dataclasses.replace(block, first=first, last=last)
    away = {name for chain in chains for name in chain.away}
    rows = (Lifetime(r.name, r.bytes, r.first, r.last) for chain in chains for r in chain.away.values())
    return *(block for name, block in found.items() if name not in away), *rows


def used(layers: Sequence[Layer], numbers: Iterable[int], aliases: Mapping[str, str]) -> set[str]:
    """The tensors that layers with these numbers read or write, by the name that owns the memory."""
    return {aliases.get(tensor.name, tensor.name) for number in numbers for tensor in layers[number].tensors}


def place(blocks: Sequence[Lifetime], seconds: float = 5.0) -> dict[str, Buffer]:
    """Offsets for `blocks` so that those alive at the same step never overlap, in as few bytes as the solver finds.

    Deterministic: one worker, fixed seed, deterministic time. Falls back on first fit, which is also the bound that
    the solver starts from.
    """
    greedy = first_fit(blocks)
    bound = max((buffer.end for buffer in greedy.values()), default=0)
    floor = _lower_bound(blocks)
    if bound == floor:
        return greedy
    from ortools.sat.python import cp_model  # late: it brings pandas, and first fit is often as good

    model = cp_model.CpModel()
    peak = model.new_int_var(floor // 16, bound // 16, "peak")
    starts, times, spaces = {}, [], []
    for block in blocks:
        units = align(block.bytes) // 16
        start = model.new_int_var(0, bound // 16 - units, block.name)
        starts[block.name] = start
        for first, last in block.spans:
            times.append(model.new_fixed_size_interval_var(first, last - first + 1, f"t {block.name}"))
            spaces.append(model.new_fixed_size_interval_var(start, units, f"s {block.name}"))
        model.add(start + units <= peak)
        model.add_hint(start, greedy[block.name].offset // 16)
    model.add_no_overlap_2d(times, spaces)
    model.minimize(peak)
    solver = deterministic_solver(seconds)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return greedy
    return {b.name: Buffer(solver.value(starts[b.name]) * 16, b.bytes) for b in blocks}


def deterministic_solver(seconds: float) -> "CpSolver":
    """A CP-SAT solver that gives the same answer every time it is asked."""
    from ortools.sat.python.cp_model import CpSolver

    solver = CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = seconds
    return solver


def _lower_bound(blocks: Sequence[Lifetime]) -> int:
    steps = {first for b in blocks for first, _ in b.spans}
    return max(
        (sum(align(b.bytes) for b in blocks for f, e in b.spans if f <= s <= e) for s in steps), default=0
    )


def first_fit(blocks: Sequence[Lifetime]) -> dict[str, Buffer]:
    """Offsets for `blocks`, the largest first, each as low as those before it allow."""
    placed: dict[str, Buffer] = {}
    by_name = {block.name: block for block in blocks}
    for block in sorted(blocks, key=lambda b: (-b.bytes, b.first, b.name)):
        rivals = sorted(
            (placed[name] for name in placed if _overlap(by_name[name], block)), key=lambda b: b.offset
        )
        offset = 0
        for rival in rivals:
            if offset + align(block.bytes) <= rival.offset:
                break
            offset = max(offset, align(rival.end))
        placed[block.name] = Buffer(offset, block.bytes)
    return placed


def _overlap(a: Lifetime, b: Lifetime) -> bool:
    return any(p[0] <= q[1] and q[0] <= p[1] for p in a.spans for q in b.spans)
